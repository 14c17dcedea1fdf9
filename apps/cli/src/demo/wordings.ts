/** Sentences about a device, `$`. Those of `unheard` are kept for the end: nobody whom the model learns from says them. */
export interface Wordings {
  heard: readonly string[];
  unheard: readonly string[];
}

export const DANGER: Wordings = {
  heard: [
    "There is smoke coming out of my $.",
    "My $ got so hot that it burned the shelf under it.",
    "The $ leaks some brown fluid all over the floor.",
    "I smell burning plastic whenever the $ runs.",
    "Sparks flew from the $ and now there is a burnt smell.",
    "Why is my $ smoking?",
    "The plug of the $ has melted and smells burnt.",
    "Oil is leaking out of the bottom of my $.",
    "My daughter burned her hand on the $.",
    "Thick smoke filled the room as soon as the $ was on.",
    "Something drips out of the $, a leak I think.",
    "The battery of the $ is leaking.",
  ],
  unheard: [
    "The cable of the $ is burning hot.",
    "My $ is full of smoke.",
    "A puddle has leaked out of the $ overnight.",
    "The $ burned a hole in our carpet.",
    "Is it normal that the $ smokes a little?",
    "I can see burnt marks all around the vent of my $.",
    "Water leaks from the $ when I move it.",
    "We had to throw a wet towel over the $ because it began to burn.",
  ],
};

export const MONEY: Wordings = {
  heard: [
    "The price of the $ has left my account twice.",
    "Will you pay me back what the $ cost?",
    "The invoice for my $ has the wrong total.",
    "Nobody told me of the fee that came on top of the $.",
    "Can I pay for the $ in three parts?",
    "The $ was cheaper on the next day, will you pay the difference?",
    "I need an invoice with our tax number for the $.",
    "My bank says the payment for the $ was refused.",
    "The discount code did not work when I paid for the $.",
    "Why did the price of the $ go up by ten euros?",
    "I sent the $ back in spring and still wait for my money.",
    "You charged me for two of them, I only ordered one $.",
  ],
  unheard: [
    "I paid for the $ but the invoice says unpaid.",
    "The total you charged for my $ is too high.",
    "You can have this $ again, I want the money.",
    "There is a fee on the invoice of the $ that I do not understand.",
    "Can I still use a discount for the $ that I paid for last year?",
    "Is the price of the $ with or without tax?",
    "The payment for my $ shows up twice at my bank.",
    "What would a second $ cost?",
  ],
};

export const NEW: Wordings = {
  heard: [
    "The $ that came this week does nothing.",
    "I unpacked my $ two days ago and found it dead.",
    "Yesterday my $ came, and it will not start.",
    "My $, bought this week, blinks red.",
    "I have had the $ for three days and it already fails.",
    "My $ arrived yesterday and the lid is stuck.",
    "The $ came two days ago without its remote.",
    "This week I got a $ and cannot connect it.",
    "The $ is three days old and makes a clicking noise.",
    "I opened the box of the $ yesterday and a screw was missing.",
    "We bought the $ this week and it loses its settings.",
    "The $ that I got three days ago stops after a minute.",
  ],
  unheard: [
    "My $ arrived this week and stays dark.",
    "The $ I got two days ago keeps stopping.",
    "I only have the $ since yesterday and it rattles.",
    "This week's parcel had a broken $ in it.",
    "My $ is just three days old, and now it shows the wrong time.",
    "I bought a $ yesterday, and the app does not find it.",
    "Two days ago the $ came, but how do I switch it on?",
    "The $ was delivered this week and has a scratch.",
  ],
};

export const TROUBLE: Wordings = {
  heard: [
    "My $ has lost its settings.",
    "The $ will not connect any more.",
    "How do I clean the $ properly?",
    "The light on the $ blinks three times and then stops.",
    "After a year my $ is getting slow.",
    "On which side of the $ is its serial number?",
    "My $ makes a clicking noise at night.",
    "The lid of the $ is stuck.",
    "Which spare parts are there for the $?",
    "The $ has worked for years but the last update broke it.",
    "I dropped my old $ and the display is cracked.",
    "The remote of our $ got lost in the garden.",
  ],
  unheard: [
    "Nothing I press on the $ does anything.",
    "Could somebody tell me how to reset a $?",
    "My old $ rattles.",
    "The $ shows the wrong time.",
    "The app does not find my $.",
    "Is there a manual for the $ in large print?",
    "After the update the $ beeps every hour.",
    "We have used the $ for two years, and now it stays dark.",
  ],
};

/** Two rules hold, and the first decides. */
export const NEW_AND_DANGER: Wordings = {
  heard: [
    "The $ came this week and smoke comes out of it.",
    "My $ arrived yesterday and leaks already.",
    "I have had the $ for two days, and it smells of burning.",
    "Three days old, and my $ burned a cable.",
  ],
  unheard: [
    "I unpacked the $ yesterday and found a leak.",
    "The $ that I bought this week began to smoke.",
    "Two days after it came my $ has burnt its plug.",
  ],
};

export const NEW_AND_MONEY: Wordings = {
  heard: [
    "The $ came this week, but the invoice is for two.",
    "I bought the $ yesterday and was charged twice.",
    "My $ is three days old, please refund it.",
    "You raised the price of the $ two days ago, after I ordered it.",
  ],
  unheard: [
    "My $ came yesterday with the wrong invoice.",
    "I got the $ this week and paid too much for it.",
    "Will you refund a $ that arrived two days ago?",
  ],
};

export const OPENINGS: Wordings = {
  heard: ["", "", "Hello.", "Hi team,", "Good morning!", "I hope this is the right place."],
  unheard: ["", "Dear all,", "Evening.", "Quick one:"],
};

export const CLOSINGS: Wordings = {
  heard: ["", "", "Please help.", "What now?", "Thanks in advance.", "We use it every day."],
  unheard: ["", "Any idea?", "It is rather urgent.", "Many thanks."],
};
