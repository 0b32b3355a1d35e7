// Command burgee-local-server is a flag vendor's server on 127.0.0.1, for tests in any language and for trying things out.
// Run it with --help.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/localserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "burgee-local-server:", err)
		os.Exit(1)
	}
}

const usage = `burgee-local-server serves feature flags as a vendor's server does, from a file that is reloaded when it changes.

  burgee-local-server --file flags.yaml [--listen 127.0.0.1:8080] [--token T] [--jwt J] [--tls DIR [--require-client-cert]]
  burgee-local-server --backend featbit --file latest-all.json [--secret S] [--listen 127.0.0.1:8080] [--tls DIR]
  burgee-local-server --backend flagship --file bucketing.json [--env-id E] [--api-key K] [--listen 127.0.0.1:8080]

When it listens it prints one line of JSON on stdout:
  {"url":"http://127.0.0.1:40123","control":"http://127.0.0.1:40124"}
It ends on SIGTERM, on SIGINT, and when its stdin closes; with --keep it does not look at stdin.

Options
  --backend NAME          the vendor: flipt (default), featbit, featureflagco or flagship
  --file PATH             what to serve; optional, the control endpoint can give it later
  --listen ADDRESS        default 127.0.0.1:0, a free port
  --control ADDRESS       where the control endpoint listens, default 127.0.0.1:0
  --tls DIR               HTTPS and WSS; writes ca.pem, client.pem and client.key to DIR
  --require-client-cert   let in only clients with a certificate of that CA
  --keep                  live on when stdin closes
  --quiet                 do not report on stderr
Flipt
  --file PATH             a document as a Flipt server answers it (JSON), or a declarative features.yaml; repeatable.
                          NAMESPACE=PATH or ENVIRONMENT/NAMESPACE=PATH serves it there (ENVIRONMENT/=PATH: all namespaces)
  --token T               let in "Authorization: Bearer T" and nobody else
  --jwt J                 let in "Authorization: JWT J" and nobody else (with --token: either)
  --flipt-v1              behave as Flipt v1.61 instead of v2
FeatBit and featureflag.co
  --file PATH             the data-sync message with one whole environment, as latest-all answers it. What changes in it is
                          pushed, one message for each flag and segment; what is not newer than before gets the time of now
  --secret S              of the environment, default ` + localserver.FeatBitSecret + `
                          (featureflag.co: ` + localserver.FeatureFlagCoSecret + `, which is
                          burgee__41__52__63__local: flag ids begin with FF__41__52__63__)
  --clock-offset TIME     by how much the server's clock is ahead, as "-45s", also in the header Date of its answers: tokens
                          must not be off by more than 30 s
Flagship
  --file PATH             the environment file (bucketing.json): delivered as it is, and what decisions are made from
  --env-id E              the environment's id, default ` + localserver.FlagshipEnvironment + `
  --api-key K             without which the decision API answers 403, default ` + localserver.FlagshipKey + `
All but Flipt
  --count-events          count events and keep neither them nor the bodies of their requests

Endpoints of Flipt
  GET  /internal/v1/evaluation/snapshot/namespace/{namespace}
  GET  /client/v2/environments/{environment}/namespaces/{namespace}/stream
Endpoints of FeatBit and featureflag.co
  GET  /streaming?token=...&type=server      websocket
  GET  /api/public/sdk/server/latest-all     [?timestamp=N]; header Authorization or envSecret
  POST /api/public/insight/track             events; featureflag.co: /api/public/track
Endpoints of Flagship, the four services on one address (each also below /cdn, /decision, /events and /segments)
  GET  /{env}/bucketing.json                 the environment file; If-Modified-Since
  GET  /{env}/accountSettings.json           that part of it
  POST /v2/{env}/campaigns                   [?exposeAllKeys=true&extras[]=accountSettings] decisions; /v2/campaigns likewise
  POST /v2/activate                          activations, one or {"cid":...,"batch":[...]}
  POST /                                     hits, one or {"t":"BATCH","h":[...]}; /analytics and /troubleshooting take anything
  GET  /accounts/{env}/segments/{visitor}    what other vendors know of a visitor

Control endpoint
`

const faultHelp = `
Fault steps: [{"kind":"answer","status":503,"headers":{"Retry-After":"1"},"times":2},{"kind":"hang","times":-1}]
  Every request takes the first step that fits it and is not used up; without one it is answered normally.
  times: 1 unless given; -1 until the script is replaced.  path: only requests whose path contains it ("/": is it).
  share: only this share of the requests, 0.5 is about half; which ones is the same in every run.
  delay_ms: before the head.  chunk_bytes, chunk_delay_ms: the body comes in pieces.
  kind none           normal answer (slowed by the delays)
       answer         status (200), headers, body
       hang           no answer, ever
       cut            closes after after_bytes of the body (default: half)
       reset          TCP reset before the head, or after after_bytes of the body
       lose_answer    the request takes effect, and ends with a TCP reset instead of the answer
       garbage        200 with a body that is no JSON
       redirect_loop  302 to itself (with times -1)
       not_modified   304
       oversize       200 with body_bytes (65 MiB) of valid JSON
       stream         for streams: chunks as given ("{{document}}" is the current line without its end), then
                      "continue" (default), "stall", "close" or "reset"
  kinds for connections: refuse, tls_wrong_name, tls_expired, tls_untrusted, tls_plain_text
  On a websocket: answer, hang, reset without after_bytes, lose_answer, redirect_loop and not_modified concern the handshake;
  of the others, "the body" is what follows it: garbage and oversize replace the first data-sync message, cut breaks it off,
  chunk_bytes holds for all that is sent, and chunk_delay_ms is waited before all of it. The kind stream is
       after_messages data-sync messages as always (0), then drop_messages that are not sent (0; -1: all), then chunks, each
       a text frame ("{{document}}" is the message with everything), then "continue", "stall", "reset", "close" with code
       (1000) and reason, or "half_frame" (half of a frame with everything, and nothing more)
  An outage: {"kind":"stream","then":"close","code":1011,"reason":"service unavailable, close by server","times":-1}
`

type settings struct {
	server  localserver.Options
	control string
	keep    bool
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var tlsDir string
	var requireClientCert, quiet bool
	flags := flag.NewFlagSet("burgee-local-server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage+"  "+strings.ReplaceAll(localserver.ControlHelp, "\n", "\n  ")+"\n"+faultHelp)
	}
	flags.Func("file", "", func(path string) error {
		s.server.Files = append(s.server.Files, path)
		return nil
	})
	flags.StringVar(&s.server.Backend, "backend", localserver.BackendFlipt, "")
	flags.StringVar(&s.server.Listen, "listen", "127.0.0.1:0", "")
	flags.StringVar(&s.control, "control", "127.0.0.1:0", "")
	flags.StringVar(&s.server.Token, "token", "", "")
	flags.StringVar(&s.server.JWT, "jwt", "", "")
	flags.StringVar(&s.server.Secret, "secret", "", "")
	flags.StringVar(&s.server.Environment, "env-id", "", "")
	flags.StringVar(&s.server.Key, "api-key", "", "")
	flags.DurationVar(&s.server.ClockOffset, "clock-offset", 0, "")
	flags.BoolVar(&s.server.CountEvents, "count-events", false, "")
	flags.StringVar(&tlsDir, "tls", "", "")
	flags.BoolVar(&requireClientCert, "require-client-cert", false, "")
	flags.BoolVar(&s.server.V1, "flipt-v1", false, "")
	flags.BoolVar(&s.keep, "keep", false, "")
	flags.BoolVar(&quiet, "quiet", false, "")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	}
	if requireClientCert && tlsDir == "" {
		return s, errors.New("--require-client-cert needs --tls DIR")
	}
	if tlsDir != "" {
		s.server.TLS = &localserver.TLS{Dir: tlsDir, RequireClientCert: requireClientCert}
	}
	if !quiet {
		s.server.Log = func(line string) { fmt.Fprintln(stderr, strings.TrimSuffix(line, "\n")) }
	}
	return s, nil
}

// run serves until ctx ends or stdin closes.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	server, err := localserver.Start(s.server)
	if err != nil {
		return err
	}
	defer server.Close()
	listener, err := net.Listen("tcp", s.control)
	if err != nil {
		return err
	}
	control := &http.Server{Handler: server.Control(), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 2)
	panicked := func(cause string) { ended <- errors.New(cause) }
	background.Go(panicked, func() { ended <- control.Serve(listener) })
	defer func() { _ = control.Close() }()
	if !s.keep {
		background.Go(panicked, func() {
			_, _ = io.Copy(io.Discard, stdin) // until the process that started this one lets go
			ended <- nil
		})
	}
	ready := struct {
		URL     string `json:"url"`
		Control string `json:"control"`
	}{server.URL(), "http://" + listener.Addr().String()}
	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}
