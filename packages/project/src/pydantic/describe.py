"""Says a Pydantic model as a JSON Schema: `python describe.py module:Model validation`. One JSON object on stdout.

`schema` and `notes` (what the schema leaves out), or `failed` (python: nothing to do it with, name: there is no such
model, model: it cannot be said) and `problem`.
"""

import contextlib
import importlib
import json
import operator
import os
import sys
import traceback
import warnings


class Failure(Exception):
    def __init__(self, failed, problem):
        self.said = {"failed": failed, "problem": problem}


def find(spec):
    module, _, name = spec.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if not (module + ".").startswith(missing + "."):
            raise Failure("python", f"{module} needs the Python module {missing}, which is not installed")
        raise Failure("name", f"there is no Python module {missing} in {os.getcwd()} or on PYTHONPATH")
    try:
        return operator.attrgetter(name)(found)
    except AttributeError:
        from pydantic import BaseModel

        models = [key for key, value in vars(found).items() if isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel]
        raise Failure("name", f"{module} has no {name}; its models: {', '.join(models) or 'none'}")


def checks(part, seen, path=""):
    """Validators that are code of the user's: no schema says what they check."""
    if isinstance(part, (list, tuple)):
        for each in part:
            yield from checks(each, seen, path)
    if not isinstance(part, dict) or id(part) in seen:
        return
    seen.add(id(part))
    if part.get("type") == "model":
        path = part["cls"].__name__
    function = part.get("function")
    if str(part.get("type")).startswith("function-") and isinstance(function, dict):
        code = function.get("function")
        if not str(getattr(code, "__module__", "")).startswith("pydantic"):
            yield f"{path}{'.' if path else ''}{getattr(code, '__name__', 'a validator')}"
    for each in part.values():
        yield from checks(each, seen, path)


def describe(spec, mode):
    try:
        import pydantic
    except ModuleNotFoundError:
        raise Failure("python", f"{sys.executable} has no pydantic; install it with `{sys.executable} -m pip install pydantic`")
    if int(pydantic.VERSION.split(".")[0]) < 2:
        raise Failure("python", f"pydantic {pydantic.VERSION} is too old; version 2 is needed")
    model = find(spec)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapter = pydantic.TypeAdapter(model)
        schema = adapter.json_schema(mode=mode)
    notes = [str(each.message) for each in caught]
    notes += [f"{name} is code: what it checks is not in the schema" for name in dict.fromkeys(checks(adapter.core_schema, set()))]
    return {"schema": {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, "notes": notes}


def main():
    sys.path.insert(0, os.getcwd())
    # What the user's module prints is no part of the answer.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            said = describe(*sys.argv[1:])
        except Failure as failure:
            said = failure.said
        except Exception as error:
            own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(os.getcwd())]
            place = f"{os.path.relpath(own[-1].filename)}:{own[-1].lineno}: " if own else ""
            said = {"failed": "model", "problem": f"{place}{type(error).__name__}: {error}".split("\n\nFor further")[0]}
    print(json.dumps(said))


main()
