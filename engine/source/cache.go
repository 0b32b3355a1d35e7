package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/source/regular"
)

// A cache file is one line of text and the gzipped document:
//
//	burgee-cache 1 <SHA-256 of all that follows> <SHA-256 of the identity> <time saved, RFC 3339> <format or ->
const (
	cacheMagic   = "burgee-cache 1 "
	cacheHeader  = 512 // no header line is longer, in bytes
	tempSuffix   = ".tmp"
	staleTempAge = time.Hour
)

// ErrForeignCache says that the file at the cache's path belongs to a client with other settings.
var ErrForeignCache = errors.New("the cache file belongs to a client with other settings")

// ErrDamagedCache says that the file at the cache's path is not a whole cache file of this version.
var ErrDamagedCache = errors.New("the cache file is damaged")

// Cached is a document from an earlier process.
type Cached struct {
	SavedAt time.Time
	Format  string // as given to StoreCache
	body    Buffer
}

// Body returns the document, until Release.
func (c *Cached) Body() []byte { return c.body.Bytes() }

// Release gives the memory back.
func (c *Cached) Release() { c.body.Release() }

// LoadCache reads the document that StoreCache wrote with the same identity, of at most limit bytes. Errors:
// fs.ErrNotExist, ErrForeignCache, ErrDamagedCache, *transport.TooLargeError, and those of the file system. The file is
// left as it is in every case.
func LoadCache(path, identity string, limit int64) (*Cached, error) {
	file, _, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	cached, err := readCache(file, identity, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cached, nil
}

func readCache(from io.Reader, identity string, limit int64) (*Cached, error) {
	in := bufio.NewReaderSize(from, 32<<10)
	start, err := in.Peek(len(cacheMagic) + 2*sha256.Size + 1)
	if err != nil || !strings.HasPrefix(string(start), cacheMagic) || start[len(start)-1] != ' ' {
		return nil, damaged("it does not begin as one of this version")
	}
	want, err := hex.DecodeString(string(start[len(cacheMagic) : len(start)-1]))
	if err != nil {
		return nil, damaged("its checksum is unreadable")
	}
	_, _ = in.Discard(len(start))

	sum := sha256.New()
	rest := bufio.NewReaderSize(io.TeeReader(in, sum), cacheHeader)
	line, err := rest.ReadSlice('\n')
	if err != nil {
		return nil, damaged("its first line has no end")
	}
	fields := strings.Fields(string(line))
	if len(fields) != 3 {
		return nil, damaged("its first line is not complete")
	}
	savedAt, err := time.Parse(time.RFC3339Nano, fields[1])
	if err != nil {
		return nil, damaged("it does not say when it was saved")
	}

	cached := &Cached{SavedAt: savedAt, Format: strings.TrimPrefix(fields[2], "-")}
	if err := cached.unpack(rest, limit); err != nil {
		cached.Release()
		return nil, err
	}
	if _, err := io.Copy(io.Discard, rest); err != nil { // the checksum covers every byte of the file
		cached.Release()
		return nil, damaged(err.Error())
	}
	if subtle.ConstantTimeCompare(sum.Sum(nil), want) != 1 {
		cached.Release()
		return nil, damaged("its checksum is wrong")
	}
	if fields[0] != identityHash(identity) {
		cached.Release()
		return nil, ErrForeignCache
	}
	return cached, nil
}

func (c *Cached) unpack(from io.Reader, limit int64) error {
	unzip, err := gzip.NewReader(from)
	if err != nil {
		return damaged(err.Error())
	}
	err = c.body.ReadAll(unzip, limit, "the document in the cache")
	if err != nil && c.body.Len() <= int(limit) {
		return damaged(err.Error())
	}
	return err
}

func damaged(why string) error { return fmt.Errorf("%w: %s", ErrDamagedCache, why) }

// identityHash keeps what identifies a client, which may hold secrets, out of the file.
func identityHash(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:])
}

// packAtOnce is how much is compressed before others may go first, in bytes.
const packAtOnce = 16 << 10

// Pack compresses a document, and lets evaluation go first meanwhile.
func Pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	for len(body) > 0 {
		n := min(len(body), packAtOnce)
		if _, err := zip.Write(body[:n]); err != nil {
			return nil, err
		}
		body = body[n:]
		runtime.Gosched()
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(packed.Bytes()), nil
}

// Unpack returns the document that Pack compressed, or as much of it as limit allows, in bytes.
func Unpack(packed []byte, limit int64) ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(zip, limit))
}

// StoreCache writes the packed document for the next start. identity is everything that decides which document it is: backend,
// address, namespace. The file is replaced as a whole: whoever reads meanwhile, in whatever process, sees the old or the
// new document, and of several writers the last one wins. Missing folders are created. A symbolic link stays one: what it
// leads to is replaced. Anything but a regular file is left alone, that is a *regular.Error, and so is a file that is no
// cache: ErrNotCache. format must not hold white
// space.
func StoreCache(path, identity, format string, packed []byte, savedAt time.Time) error {
	path, err := cacheTarget(path)
	if err != nil {
		return err
	}
	if err := checkOwn(path); err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	prefix := "." + name + "."
	removeStale(dir, prefix, time.Now())
	temp, err := os.CreateTemp(dir, prefix+"*"+tempSuffix)
	if err != nil {
		return err
	}
	err = writeCache(temp, identity, format, packed, savedAt)
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	syncDir(dir)
	return nil
}

func writeCache(to *os.File, identity, format string, packed []byte, savedAt time.Time) error {
	if format == "" {
		format = "-"
	}
	tail := fmt.Sprintf("%s %s %s\n", identityHash(identity), savedAt.UTC().Format(time.RFC3339Nano), format)
	// The checksum stands before what it covers, so that its place is filled in last.
	blank := cacheMagic + strings.Repeat("0", 2*sha256.Size) + " "
	if _, err := to.WriteString(blank); err != nil {
		return err
	}
	sum := sha256.New()
	out := io.MultiWriter(to, sum)
	if _, err := io.WriteString(out, tail); err != nil {
		return err
	}
	if _, err := out.Write(packed); err != nil {
		return err
	}
	if _, err := to.WriteAt([]byte(hex.EncodeToString(sum.Sum(nil))), int64(len(cacheMagic))); err != nil {
		return err
	}
	return to.Sync()
}

// removeStale removes what processes left behind that ended while they were writing. It never touches a cache file.
func removeStale(dir, prefix string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) || !strings.HasSuffix(entry.Name(), tempSuffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > staleTempAge {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// syncDir makes the rename last through a power cut where the system can; elsewhere the old document remains.
func syncDir(dir string) {
	if handle, err := os.Open(dir); err == nil { //nolint:gosec // the folder of the option's path
		_ = handle.Sync()
		_ = handle.Close()
	}
}
