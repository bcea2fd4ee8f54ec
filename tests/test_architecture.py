"""Who may import whom, read off the source; and what a quick command must not load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
LONGEST = 350

# The groups of each layer; a group is a package or a module right under soundsieve.
LAYERS = {
    "errors": 0,
    "stems": 0,
    "target": 0,
    "remix": 0,
    "forms": 0,
    "law": 0,
    "locks": 0,
    "recipe": 0,
    "knobs": 0,
    "config": 0,
    "audio": 1,
    "data": 2,
    "models": 2,
    "losses": 2,
    "memory": 2,
    "metrics": 2,
    "runs": 2,
    "progress": 2,
    "training": 3,
    "inference": 3,
    "evaluation": 3,
    "export": 3,
    "report": 3,
    "pipeline": 4,
    "finetuning": 4,
    "cli": 4,
    "soundsieve": 4,  # the face of the package
}
# Groups of one layer leave each other alone, but for these.
SIDEWAYS = {
    "evaluation": {"inference"},
    "report": {"evaluation", "inference"},
}
BESIDE_STANDARD_LIBRARY = {"pydantic", "pydantic_core", "yaml"}  # what layer 0 may import
ONLY_IN = {
    "asteroid": "models/asteroid/",
    "librosa": "evaluation/hpss.py",
    "musdb": "data/musdb.py",
    "museval": "evaluation/bss_eval.py",
    "onnx": "export/",
    "onnxruntime": "models/onnx.py",
    "onnxscript": "export/graph.py",
    "pytorch_lightning": "training/",
    "soundfile": "audio/io.py",
    "webdataset": "data/shard_reader.py",
    "yaml": "config.py",
}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted((SRC / "soundsieve").rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(tree: ast.AST) -> Iterator[str]:
    """What a module imports, anywhere in it, but for type checking."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in MODULES else base
        yield from imports(node)


IMPORTS = {name: set(imports(ast.parse(path.read_text()))) for name, path in MODULES.items()}


def group(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_from_its_layer_and_those_below(name):
    mine = group(name)
    assert mine in LAYERS, f"give {mine} a layer in this test and in the design"
    for other in IMPORTS[name] & set(MODULES):
        theirs = group(other)
        allowed = (
            theirs == mine
            or LAYERS[theirs] < LAYERS[mine]
            or (LAYERS[mine] in (0, 4) and LAYERS[theirs] == LAYERS[mine])
            or theirs in SIDEWAYS.get(mine, ())
        )
        assert allowed, f"{name} (layer {LAYERS[mine]}) imports {other} ({LAYERS[theirs]})"


@pytest.mark.parametrize("name", [name for name in MODULES if LAYERS.get(group(name)) == 0])
def test_the_words_need_the_standard_library_and_pydantic_alone(name):
    foreign = {module.split(".")[0] for module in IMPORTS[name]} - {"soundsieve"}
    assert foreign <= set(sys.stdlib_module_names) | BESIDE_STANDARD_LIBRARY


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_imported_in_one_place(library):
    for name, path in MODULES.items():
        if any(module.split(".")[0] == library for module in IMPORTS[name]):
            inside = path.relative_to(SRC / "soundsieve").as_posix()
            assert inside.startswith(ONLY_IN[library]), f"{inside} imports {library}"


def test_no_module_imports_itself_around_a_corner():
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"import cycle: {' -> '.join((*above, name))}"
        if name not in done:
            for other in sorted(IMPORTS[name] & set(MODULES) - {name}):
                visit(other, (*above, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("folder", ["src", "tests", "scripts", "benchmarks"])
def test_files_stay_short(folder):
    lengths = {
        path.relative_to(ROOT).as_posix(): path.read_text().count("\n")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert not {name: length for name, length in lengths.items() if length > LONGEST}


def test_no_error_is_swallowed_and_no_warning_silenced():
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                assert caught not in ("everything", "Exception", "BaseException"), name
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("filterwarnings", "simplefilter"), name


def test_a_recipe_is_data():
    assert not list((ROOT / "recipes").rglob("*.py")) + list((ROOT / "configs").rglob("*.py"))


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["run", "--help"],
        ["show"],
        ["list", "recipes"],
        ["list", "stems"],
        ["list", "models"],
    ],
    ids=" ".join,
)
def test_a_quick_command_loads_nothing_heavy(command):
    code = f"import sys, soundsieve.cli as c; c.main({command!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"torch", "numpy", "scipy", "soundfile", "rich", "pytorch_lightning"}
    if command == ["--help"]:
        assert not loaded & {"pydantic", "yaml"}


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, soundsieve; dir(soundsieve); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "numpy", "pydantic", "yaml"}


def test_every_name_of_the_face_has_a_home():
    import soundsieve

    assert set(soundsieve.__all__) == set(soundsieve.HOMES)
    for module in soundsieve.HOMES.values():
        assert module in MODULES
