package visitor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// othersTimeout is how long the vendor's SDK waits for attributes of other vendors.
const othersTimeout = 2 * time.Second

var errNoList = errors.New("the answer is not an array")

// get fetches a document. The SDK introduces itself to this address in no way.
func get(ctx context.Context, n *Session, address string) ([]byte, error) {
	answer, err := n.env.HTTP.Get(ctx, transport.Request{URL: address})
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	return bytes.TrimSpace(text), err
}
