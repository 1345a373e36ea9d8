# SPDX-License-Identifier: Apache-2.0
"""The package is complete: a class for each code, a stub and a docstring for each method."""
import ast
import errno
import os
import re

import pytest

import mdbx
from mdbx import _mdbx

SOURCES = os.environ.get("MDBX_SOURCES", os.path.join(os.path.dirname(__file__), "..", ".."))


def header():
    with open(os.path.join(SOURCES, "include", "mdbx.h"), encoding="ascii") as file:
        return file.read()


def codes():
    """Name and number of each code of MDBX_error_t, without the marks of ranges and of no error."""
    body = re.search(r"typedef enum MDBX_error \{(.*?)\} MDBX_error_t;", header(), re.S).group(1)
    found = {}
    for name, value in re.findall(r"\b(MDBX_[A-Z_]+) = ([-A-Z0-9_]+)", body):
        if value.lstrip("-").isdigit():
            found.setdefault(name, int(value))
        elif not value.startswith("MDBX_"):
            found.setdefault(name, getattr(errno, value))
    for name in ("MDBX_SUCCESS", "MDBX_RESULT_TRUE", "MDBX_FIRST_LMDB_ERRCODE"):
        del found[name]
    return found


def test_a_class_for_each_code():
    found = codes()
    assert len(found) > 40 and found["MDBX_NOTFOUND"] == -30798
    for name, code in found.items():
        kind = mdbx.errors.BY_CODE.get(code)
        assert kind is not None, name
        assert issubclass(kind, mdbx.Error) and kind.__doc__ and getattr(mdbx, kind.__name__) is kind
        assert kind("text").code == code and str(kind("text")) == "text"
    assert len(set(mdbx.errors.BY_CODE.values())) == len(mdbx.errors.BY_CODE)


def test_a_code_without_a_class(path):
    with pytest.raises(mdbx.Error) as caught:
        mdbx.open("/dev/null/x" if not path else path + "/file/x" if _touch(path + "/file") else path)
    assert type(caught.value) is mdbx.Error and caught.value.code == errno.ENOTDIR


def _touch(name):
    os.makedirs(os.path.dirname(name))
    with open(name, "w", encoding="ascii"):
        return True


def stub():
    path = os.path.join(os.path.dirname(mdbx.__file__), "_mdbx.pyi")
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def parameters(function):
    args = function.args
    names = [arg.arg for arg in args.posonlyargs + args.args + args.kwonlyargs]
    return names[1:] if names[:1] == ["self"] else names


@pytest.mark.parametrize("name", ["Environment", "Transaction", "Cursor", "Database"])
def test_stubs_of_methods(name):
    (described,) = [node for node in stub().body if isinstance(node, ast.ClassDef) and node.name == name]
    kind = getattr(_mdbx, name)
    stubs = {node.name: node for node in described.body if isinstance(node, ast.FunctionDef)}
    methods = {method for method in vars(kind) if not method.startswith("_")}
    assert methods == {method for method in stubs if not method.startswith("_")}
    assert kind.__doc__
    for method in methods:
        member = getattr(kind, method)
        assert member.__doc__, method
        text = getattr(member, "__text_signature__", None)
        if callable(member):
            assert text, method
            listed = [part.split("=")[0].strip() for part in text.strip("()").split(",")]
            listed = [part for part in listed if part not in ("$self", "/", "*")]
            assert listed == parameters(stubs[method]), method


def test_stubs_of_functions():
    stubs = {node.name: node for node in stub().body if isinstance(node, ast.FunctionDef)}
    functions = {name for name, value in vars(_mdbx).items() if type(value).__name__ == "builtin_function_or_method"}
    assert functions == set(stubs)
    for name in functions:
        assert getattr(mdbx, name) is getattr(_mdbx, name) and getattr(_mdbx, name).__doc__


def keys_of(name):
    return set(getattr(mdbx.types, name).__annotations__)


def test_types_of_dicts(filled, tmp_path):
    txn = filled.begin()
    assert set(filled.stat()) == keys_of("Stat")
    assert set(filled.info()) == keys_of("Info")
    assert set(filled.info()["geometry"]) == keys_of("Geometry")
    assert set(filled.readers()[0]) == keys_of("Reader")
    assert set(txn.info()) == keys_of("TxnInfo")
    assert set(filled.check()) == keys_of("Check")
    assert set(filled.defrag()) == keys_of("Defrag")
    filled.copy_since(filled.info()["last_txnid"], tmp_path / "increment")
    assert set(mdbx.increment_info(tmp_path / "increment")) == keys_of("Increment")


def test_typed():
    assert os.path.exists(os.path.join(os.path.dirname(mdbx.__file__), "py.typed"))
