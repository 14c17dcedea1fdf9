export {
  type BothOrders,
  cohensKappa,
  type PositionBias,
  positionBias,
  type Verdict,
  verdictScore,
} from "./agreement.ts";
export { bcaBootstrap, type BootstrapOptions, meanOfTotals, type Total } from "./bootstrap.ts";
export { type BradleyTerry, bradleyTerry, type Comparison, type Strength } from "./bradley-terry.ts";
export {
  bernsteinSequence,
  bettingSequence,
  type ConfidenceSequence,
  pairedSequence,
  type SequenceOptions,
} from "./confidence-sequence.ts";
export { holm } from "./holm.ts";
export { type Cluster, type Interval } from "./interval.ts";
export { mcnemar, type McNemar } from "./mcnemar.ts";
export { clusteredMean, type Mean, type MeanOptions } from "./mean.ts";
export { binomialCdf } from "./numerics.ts";
export { pAbove, type PairedShare, pairedShareDifference } from "./paired-share.ts";
export { pairedDifference } from "./paired.ts";
export {
  detectableDifference,
  detectableShare,
  type PairedPlan,
  powerOf,
  requiredRows,
  requiredShareRows,
  type SharePlan,
  sharePower,
} from "./power.ts";
export { type PredictionPowered, predictionPoweredMean } from "./prediction-powered.ts";
export { clopperPearson, clusteredShare, wilson } from "./proportion.ts";
export { createRandom, type Random } from "./random.ts";
