#!/bin/sh
# Builds the C shared library:
#   ./build.sh                  for this machine: build/libburgee.so (.dylib, burgee.dll)
#   ./build.sh linux/arm64 ...  for others: build/linux_arm64/libburgee.so
# Targets: linux/amd64 linux/arm64 windows/amd64 darwin/amd64 darwin/arm64. Nothing else in the project knows the flags
# of the Go compiler. CC names another C compiler, for one target.
set -eu
cd "$(dirname "$0")"

fail() {
	echo "build.sh: $*" >&2
	exit 1
}

command -v go >/dev/null || fail "Go is missing: see https://go.dev/dl"
host="$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
version=$(go env GOVERSION)

# compiler <command> <apt package>: the C compiler to use, or the advice to install it.
compiler() {
	if [ -n "${CC:-}" ]; then
		echo "$CC"
	elif command -v "$1" >/dev/null; then
		echo "$1"
	else
		fail "$1 is missing: apt-get install $2"
	fi
}

# exported <prefix>: the functions of the header, one on each line.
exported() {
	sed -n "s/^BURGEE_API .*[ *]\([a-z_]*\)(.*/$1\1/p" include/burgee.h
}

# What keeps the library small; the numbers are those of linux/amd64. go list -deps ./ffi and go tool nm -size show the rest.
#   netgo, osusergo   names are resolved and the user is looked up in Go, so that no symbol of glibc is needed for it
#   nethttpomithttp2  0.4 MB: engine/transport speaks HTTP/1.1 only
#   -gcflags          0.6 MB: inlining, which copies functions into their callers, stays on only where evaluation and
#                     loading spend their time. TLS, HTTP, YAML and the JSON library wait for the network or run once.
#   -funcalign        0.1 MB on amd64, where functions begin at multiples of 32 otherwise; evaluation takes as long
tags=netgo,osusergo,nethttpomithttp2
inlined="runtime runtime/... internal/... sync sync/... unicode unicode/... strings bytes strconv slices maps cmp iter sort
	errors context time math math/bits math/rand/... hash/... encoding/binary io bufio compress/...
	github.com/burgee-flags/..."
gcflags=-gcflags=all=-l
for packages in $inlined; do
	gcflags="$gcflags -gcflags=$packages=" # the last pattern that fits a package counts
done

# Each time C calls Go, Go 1.26 makes sure that the library's initialisation is over by receiving from a closed channel,
# and that takes the channel's lock: two threads that evaluate on two cores wait for each other, and reach 1.6 times the
# throughput of one instead of 1.9. This compiles that one line of the runtime so that it looks before it receives. With a
# toolchain that has another line there, the runtime stays as it is.
overlay=
runtime=$(go env GOROOT)/src/runtime/cgocall.go
if [ "$(grep -c '^	*<-main_init_done$' "$runtime")" = 1 ] && grep -q '^	"internal/runtime/sys"$' "$runtime"; then
	mkdir -p build/.work
	sed -e 's|^	"internal/runtime/sys"$|	"internal/runtime/atomic"\
&|' -e 's|^	*<-main_init_done$|	if atomic.Load(\&(*(**hchan)(unsafe.Pointer(\&main_init_done))).closed) == 0 {\
		<-main_init_done\
	}|' "$runtime" >build/.work/cgocall.go
	printf '{"Replace":{"%s":"%s"}}\n' "$runtime" "$PWD/build/.work/cgocall.go" >build/.work/overlay.json
	overlay=-overlay=build/.work/overlay.json
fi

build() {
	target=$1
	out=build
	[ "$target" = "$host" ] || out=build/$(echo "$target" | tr / _)
	os=${target%/*}
	arch=${target#*/}
	work=build/.work/${os}_$arch
	cflags="-O2 -g0 -DBURGEE_GO_VERSION=\"$version\""
	ldflags=
	name=libburgee.so
	case $target in
	linux/amd64 | linux/arm64 | windows/amd64 | darwin/amd64 | darwin/arm64) mkdir -p "$work" ;;
	*) fail "unknown target $target: want linux/amd64 linux/arm64 windows/amd64 darwin/amd64 or darwin/arm64" ;;
	esac
	case $target in
	linux/amd64 | linux/arm64)
		if [ "$target" = "$host" ]; then
			cc=$(compiler gcc "gcc libc6-dev")
		elif [ "$arch" = arm64 ]; then
			cc=$(compiler aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
		else
			cc=$(compiler x86_64-linux-gnu-gcc "gcc-x86-64-linux-gnu libc6-dev-amd64-cross")
		fi
		exported "" | sed '1s/^/{ global:\n/; s/$/;/; $s/$/\nlocal: *; };/' >"$work/exports.map"
		cflags="$cflags -include $PWD/ffi/glibc_compat.h"
		ldflags="-Wl,--version-script=$PWD/$work/exports.map"
		# Before glibc 2.34 the old versions of the thread functions are in a library of their own, which must be named.
		threads=$($cc -print-file-name=libpthread.so.0)
		case $threads in
		/*) ldflags="-Wl,--no-as-needed,$threads,--as-needed $ldflags" ;;
		esac
		;;
	windows/amd64)
		cc=$(compiler x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64)
		name=burgee.dll
		;;
	darwin/amd64 | darwin/arm64)
		[ "${host%/*}" = darwin ] || fail "$target is built on a Mac: it needs Apple's headers and libraries"
		[ "$arch" = arm64 ] && apple=arm64 || apple=x86_64
		cc="$(compiler clang "") -arch $apple -mmacosx-version-min=12.0"
		name=libburgee.dylib
		exported _ >"$work/exports.txt"
		ldflags="-Wl,-install_name,@rpath/$name -Wl,-exported_symbols_list,$PWD/$work/exports.txt"
		;;
	esac

	# Go leaves a header beside the library that nobody should use: the work folder keeps it out of sight. The library
	# itself stays there too, so that nothing is linked again when nothing has changed.
	goldflags="-s -w"
	[ "$arch" != amd64 ] || goldflags="$goldflags -funcalign=8"
	# shellcheck disable=SC2086
	CC=$cc GOOS=$os GOARCH=$arch CGO_ENABLED=1 CGO_CFLAGS=$cflags go build -trimpath -buildmode=c-shared -tags $tags \
		$overlay $gcflags -ldflags="$goldflags -extldflags '$ldflags'" -o "$work/$name" ./ffi
	mkdir -p "$out"
	if ! cmp -s "$work/$name" "$out/$name"; then
		# Renamed into place: a process that has loaded the old file keeps it.
		cp "$work/$name" "$out/.$name.new"
		mv -f "$out/.$name.new" "$out/$name"
	fi
	cmp -s include/burgee.h "$out/burgee.h" || cp include/burgee.h "$out/burgee.h"
	echo "$out/$name"
}

[ $# -gt 0 ] || set -- "$host"
for target in "$@"; do
	build "$target"
done
