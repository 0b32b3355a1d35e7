/* The version of the library; build.sh adds that of Go. */
#ifndef BURGEE_VERSION_H
#define BURGEE_VERSION_H

#define BURGEE_VERSION "0.1.0"

#ifndef BURGEE_GO_VERSION
#define BURGEE_GO_VERSION "go"
#endif

#if defined(_WIN32)
#define BURGEE_OS "windows"
#elif defined(__APPLE__)
#define BURGEE_OS "darwin"
#else
#define BURGEE_OS "linux"
#endif

#if defined(__aarch64__) || defined(_M_ARM64)
#define BURGEE_ARCH "arm64"
#else
#define BURGEE_ARCH "amd64"
#endif

#endif /* BURGEE_VERSION_H */
