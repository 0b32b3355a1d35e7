package visitor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/transport"
)

// decide returns a decision for the visitor as it is now.
func (v *Visitor) decide(ctx context.Context, n *Session) (*flagship.Decision, error) {
	if n.settings.local() {
		return v.decideHere(n)
	}
	return v.ask(ctx, n)
}

// decisions are used again and again, because deciding needs more memory than what is kept.
var decisions = sync.Pool{New: func() any { return &flagship.Decision{} }}

func (v *Visitor) decideHere(n *Session) (*flagship.Decision, error) {
	rules := n.env.Rules()
	if rules == nil {
		return nil, ErrNoFile
	}
	v.mu.Lock()
	seen, history := v.view.Load(), v.history
	v.mu.Unlock()
	work := decisions.Get().(*flagship.Decision)
	rules.Decide(&flagship.Visitor{
		ID: seen.subject.VisitorID, Context: seen.context, History: history, Hashes: n.settings.Hashes,
	}, work)
	d := work.Clone()
	decisions.Put(work)
	return d, nil
}

// ask lets the decision API decide.
func (v *Visitor) ask(ctx context.Context, n *Session) (*flagship.Decision, error) {
	seen := v.view.Load()
	asking := flagship.Asking{
		VisitorID: seen.subject.VisitorID, AnonymousID: seen.subject.AnonymousID, Context: seen.context, Consent: seen.consent,
	}
	d, skipped, err := n.Ask(ctx, asking.AppendRequest(nil))
	for _, why := range skipped {
		v.sdk.warn(why)
	}
	return d, err
}

// Ask posts a request for decisions, within the settings' limit. skipped are campaigns of the answer that make no sense. The
// session must have been started.
func (n *Session) Ask(ctx context.Context, request []byte) (d *flagship.Decision, skipped []string, err error) {
	within, cancel := context.WithTimeout(ctx, n.settings.Timeout)
	defer cancel()
	answer, err := n.env.HTTP.Post(within, transport.PostRequest{
		Request: transport.Request{
			URL: n.service.CampaignsURL(), Header: n.service.CampaignsHeader(), Auth: n.service.KeyHeader,
		},
		Body: request, Keep: n.env.HTTP.MaxBody(),
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return nil, nil, fmt.Errorf("%w within %s", ErrNoAnswer, n.settings.Timeout)
	case err != nil:
		return nil, nil, err
	case answer.Status >= http.StatusBadRequest:
		return nil, nil, statusError(answer)
	}
	d = &flagship.Decision{}
	if skipped, err = d.ReadAnswer(answer.Body); err != nil {
		if answer.Status >= http.StatusMultipleChoices { // what it redirects to is not followed
			err = statusError(answer)
		}
		return nil, skipped, err
	}
	return d, skipped, nil
}

// statusError says what the server said.
func statusError(answer *transport.PostAnswer) error {
	text := strings.TrimSpace(answer.Excerpt)
	if text == "" {
		text = http.StatusText(answer.Status)
	}
	why := ""
	if answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden {
		why = "env_id and api_key do not belong together, or one of them is wrong: "
	}
	return fmt.Errorf("%s%s answered %d: %s", why, answer.URL, answer.Status, text)
}

// addOthers adds the attributes that other vendors have of the visitor. That they are missing is no reason to fail, and
// that they are there does not make the visitor's flags outdated.
func (v *Visitor) addOthers(ctx context.Context, n *Session) {
	id, _ := v.IDs()
	within, cancel := context.WithTimeout(ctx, othersTimeout)
	defer cancel()
	text, err := get(within, n, n.service.VisitorSegmentsURL(id))
	var added []eval.Attribute
	if err == nil && !jsonscan.Elements(text, func(raw []byte) {
		if a, ok := readOther(raw); ok {
			added = append(added, a)
		}
	}) {
		err = errNoList
	}
	if err != nil {
		v.sdk.warn("attributes of other vendors cannot be fetched: " + err.Error())
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	next := *v.view.Load()
	if context, changed := v.sdk.merge(next.context, added); changed {
		next.context, next.sum = context, sumOf(context)
		v.view.Store(&next)
	}
}

// reportSegment tells the vendor of the context that local decisions are made with. JavaScript does so only if there is
// something in it, and something new.
func (v *Visitor) reportSegment(n *Session) {
	if v.sdk.State() == Panicked {
		return
	}
	v.mu.Lock()
	seen := v.view.Load()
	javaScript := n.settings.Language == sdk.JavaScript
	news := seen.sum != v.segment && len(seen.context) > len(v.sdk.language.Automatic(""))
	report := seen.consent && (news || !javaScript)
	if report {
		v.segment = seen.sum
	}
	v.mu.Unlock()
	if !report {
		return
	}
	h := tracking.NewSegment(n.settings.Language, seen.context)
	_ = v.send(n, &h)
}

// readOther reads {"partner","segment","value"}.
func readOther(raw []byte) (a eval.Attribute, ok bool) {
	var partner, segment string
	jsonscan.Members(raw, func(name string, value []byte) {
		switch name {
		case "partner":
			partner = evaljson.Value(value).Text
		case "segment":
			segment = evaljson.Value(value).Text
		case "value":
			a.Value = evaljson.Value(value)
		}
	})
	a.Name = partner + "::" + segment
	return a, partner != "" && segment != ""
}
