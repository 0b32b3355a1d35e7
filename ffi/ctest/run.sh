#!/bin/sh
# Builds the C tests against the library of this machine and runs them. CC and LIBRARY may name others; RUN is put before
# each program (an emulator, for a library of another machine).
set -eu
cd "$(dirname "$0")/../.."
library=${LIBRARY:-$(./build.sh)}
folder=$(cd "$(dirname "$library")" && pwd)
cc=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# What is exported is what the header declares, and nothing else.
sed -n 's/^BURGEE_API .*[ *]\([a-z_]*\)(.*/\1/p' include/burgee.h | sort >"$work/declared"
case $library in
*.so) nm -D --defined-only "$library" | awk '{print $3}' | sort >"$work/exported" ;;
*) nm -gU "$library" | awk '{sub(/^_/, "", $3); print $3}' | sort >"$work/exported" ;;
esac
if diff -u "$work/declared" "$work/exported" && [ -s "$work/declared" ]; then
	echo "symbols: $(wc -l <"$work/declared" | tr -d ' ') passed, 0 failed"
else
	echo "symbols: 0 passed, 1 failed"
	status=1
fi

# Programs of long ago load it, too.
if command -v objdump >/dev/null && [ "${library##*.}" = so ]; then
	newest=$(objdump -T "$library" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -t. -k1,1n -k2,2n | tail -1)
	if [ "$(printf '%s\n2.17\n' "$newest" | sort -t. -k1,1n -k2,2n | tail -1)" = 2.17 ]; then
		echo "glibc: 1 passed, 0 failed"
	else
		echo "the library needs glibc $newest, want 2.17 at most"
		echo "glibc: 0 passed, 1 failed"
		status=1
	fi
fi

for source in ffi/ctest/*.c; do
	name=$(basename "$source" .c)
	"$cc" -std=gnu11 -O1 -g -Wall -Wextra -Wconversion -Werror -Wno-int-to-pointer-cast -Iinclude -o "$work/$name" "$source" "$library" \
		-Wl,-rpath,"$folder" -lpthread
	# shellcheck disable=SC2086 # RUN is a command with its arguments
	${RUN:-} "$work/$name" testdata/abi/document.json || {
		echo "$name: ended with status $?"
		status=1
	}
done
exit $status
