"""Builds the extension and puts the engine's library beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIBRARY = {"win32": "burgee.dll", "cygwin": "burgee.dll", "darwin": "libburgee.dylib"}.get(sys.platform, "libburgee.so")


class BuildWithLibrary(build_ext):
    """Builds the engine's library when it is missing, and copies it into the package."""

    def run(self) -> None:
        """Build both."""
        super().run()
        source = ROOT / "build" / LIBRARY
        if not source.is_file():
            subprocess.run([str(ROOT / "build.sh")], cwd=ROOT, check=True)
        package = Path(self.get_ext_fullpath("burgee._native")).parent
        package.mkdir(parents=True, exist_ok=True)
        target = package / LIBRARY
        # A new file under the name, never new bytes in the old one: a running process may have that mapped.
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)


GNU_FLAGS = ["-std=c11", "-O2", "-g0", "-fvisibility=hidden", "-Wall", "-Wextra"]

setup(
    ext_modules=[
        Extension(
            "burgee._native",
            sorted(path.relative_to(HERE).as_posix() for path in HERE.glob("native/*.c")),
            depends=[path.relative_to(HERE).as_posix() for path in HERE.glob("native/*.h")],
            include_dirs=["../../include"],
            define_macros=[("Py_LIMITED_API", "0x03090000")],
            extra_compile_args=[] if sys.platform == "win32" else GNU_FLAGS,
            py_limited_api=True,
        )
    ],
    cmdclass={"build_ext": BuildWithLibrary},
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
