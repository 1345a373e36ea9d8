# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/schema.py: compares JSON with a schema.
# Usage: schema.py SCHEMA [lines] <JSON: standard input is one value, or with "lines" one on each line. Prints the first
# difference and ends with 1; prints the number of values if there is none.
# schema.py SCHEMA fields: prints the names of the fields of each object that the schema describes, and what it says of them.
# Knows the keywords that the schemas in doc/schema use, and no others: one it does not know is an error. If the module
# jsonschema is there, it has to agree.
import json
import re
import sys

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


def differences_of_object(schema, value, place):
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{place}: no field {name}"
    for name, member in value.items():
        if name in properties:
            yield from differences(properties[name], member, f"{place}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{place}: the field {name} is not described"


def differences(schema, value, place="$"):
    for keyword in schema:
        if keyword not in KEYWORDS:
            raise SystemExit(f"the schema has the keyword {keyword}")
    if "type" in schema and not TYPES[schema["type"]](value):
        yield f"{place}: {value!r} is no {schema['type']}"
        return
    for keyword, check in KEYWORDS.items():
        if keyword in schema and check:
            yield from check(schema, value, place)


def check_type(schema, value, place):
    if schema["type"] == "object":
        yield from differences_of_object(schema, value, place)
    elif schema["type"] == "array":
        for number, item in enumerate(value):
            yield from differences(schema["items"], item, f"{place}[{number}]")


def check_one_of(schema, value, place):
    found = [list(differences(one, value, place)) for one in schema["oneOf"]]
    if sum(not one for one in found) != 1:
        yield f"{place}: not exactly one of {len(found)} fits: " + "; ".join(one[0] for one in found if one)


def check_enum(schema, value, place):
    if value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"


def check_pattern(schema, value, place):
    if not re.search(schema["pattern"], value):
        yield f"{place}: {value!r} is not like {schema['pattern']}"


def check_minimum(schema, value, place):
    if value < schema["minimum"]:
        yield f"{place}: {value} is less than {schema['minimum']}"


def check_maximum(schema, value, place):
    if value > schema["maximum"]:
        yield f"{place}: {value} is more than {schema['maximum']}"


KEYWORDS = {
    "$schema": None,
    "title": None,
    "description": None,
    "properties": None,
    "required": None,
    "additionalProperties": None,
    "items": None,
    "type": check_type,
    "oneOf": check_one_of,
    "enum": check_enum,
    "pattern": check_pattern,
    "minimum": check_minimum,
    "maximum": check_maximum,
}


def print_fields(schema):
    for name, member in schema.get("properties", {}).items():
        print(f"{name}\t{member['description']}")
        print_fields(member)
        print_fields(member.get("items", {}))
    for one in schema.get("oneOf", []):
        if "hex" not in one.get("properties", {}):
            print_fields(one)


def agrees(schema, values):
    try:
        import jsonschema
    except ImportError:
        return
    jsonschema.Draft7Validator.check_schema(schema)
    for value in values:
        jsonschema.validate(value, schema)


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        schema = json.load(file)
    if sys.argv[2:] == ["fields"]:
        print_fields(schema)
        return 0
    text = sys.stdin.buffer.read().decode("utf-8")
    values = [json.loads(line) for line in text.splitlines()] if sys.argv[2:] else [json.loads(text)]
    for value in values:
        for difference in differences(schema, value):
            print(difference)
            return 1
    agrees(schema, values)
    print(len(values))
    return 0


sys.exit(main())
