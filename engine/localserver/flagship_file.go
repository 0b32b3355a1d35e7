package localserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	flagshiprules "github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/source"
)

// environmentFile is what is delivered, and what decisions are made from.
type environmentFile struct {
	compiler backend.Compiler
	body     []byte // as it came; nil: there is none
	modified time.Time
	rules    *flagshiprules.Ruleset
	content  environmentContent

	undated bool // answers without Last-Modified
	tagged  bool // answers with an ETag
}

// environmentContent is what decisions need besides the rules.
type environmentContent struct {
	AccountSettings struct {
		XPC             bool            `json:"enabledXPC"`
		OneTest         bool            `json:"enabled1V1T"`
		Troubleshooting json.RawMessage `json:"troubleshooting"`
	} `json:"accountSettings"`
	Campaigns []environmentCampaign
}

type environmentCampaign struct {
	ID              string
	Type            string
	BucketRanges    []struct{ R [2]float64 }
	VariationGroups []struct {
		ID         string
		Variations []struct {
			Modifications struct{ Value map[string]json.RawMessage }
		}
	}
}

func newEnvironmentFile() environmentFile {
	return environmentFile{compiler: flagshiprules.NewCompiler(flagshiprules.ByDecisionAPI, sdk.UTF8)}
}

// setDocument implements vendor.
func (f *flagship) setDocument(_ place, document []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	warnings, err := f.served.replace(document, time.Now())
	if err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	for _, warning := range warnings {
		f.log(warning.Message)
	}
	return nil
}

// removeDocument implements vendor. Dates go on growing with the next document.
func (f *flagship) removeDocument(place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.served.body, f.served.rules, f.served.content = nil, nil, environmentContent{}
}

// replace takes a file, unless it is no environment file at all. Campaigns that make no sense are left out of decisions; what
// is delivered has them.
func (e *environmentFile) replace(body []byte, now time.Time) ([]backend.Warning, error) {
	body = bytes.Clone(body)
	compiled, warnings, err := e.compiler.Compile(source.Update{Body: body})
	if err != nil {
		return nil, err
	}
	rules, ok := compiled.(*flagshiprules.Ruleset)
	if !ok {
		return nil, errors.New("the environment file did not become a rule set of Flagship")
	}
	// Two files must not have the same date, which counts seconds.
	now = now.UTC().Truncate(time.Second)
	if !now.After(e.modified) {
		now = e.modified.Add(time.Second)
	}
	e.body, e.rules, e.modified, e.content = body, rules, now, readContent(body)
	return warnings, nil
}

// readContent reads each campaign by itself, because a test may serve some that make no sense.
func readContent(body []byte) (content environmentContent) {
	var raw struct{ Campaigns []json.RawMessage }
	_ = json.Unmarshal(body, &content) // what does not fit is left out
	_ = json.Unmarshal(body, &raw)     // likewise
	content.Campaigns = nil
	for _, text := range raw.Campaigns {
		var campaign environmentCampaign
		if json.Unmarshal(text, &campaign) == nil {
			content.Campaigns = append(content.Campaigns, campaign)
		}
	}
	return content
}

// campaign finds the first campaign with an id; the decision API overlooks the others.
func (c *environmentContent) campaign(id string) environmentCampaign {
	at := slices.IndexFunc(c.Campaigns, func(campaign environmentCampaign) bool { return campaign.ID == id })
	if at < 0 {
		return environmentCampaign{}
	}
	return c.Campaigns[at]
}

// keys are those that any variation of the group gives.
func (c *environmentCampaign) keys(group string) (keys []string) {
	for _, g := range c.VariationGroups {
		if g.ID != group {
			continue
		}
		for _, variation := range g.Variations {
			for key := range variation.Modifications.Value {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// deliver answers the environment file, or that it did not change since the date that the client has.
func (f *flagship) deliver(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	served := f.served
	f.mu.Unlock()
	if served.body == nil {
		refuse(w, http.StatusNotFound, "there is no environment file")
		return
	}
	tag := `"` + digestOf(served.body) + `"`
	if !served.undated {
		w.Header().Set("Last-Modified", served.modified.Format(http.TimeFormat))
	}
	if served.tagged {
		w.Header().Set("Etag", tag)
	}
	if served.unchanged(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	answerCompressed(w, r, served.body)
}

// unchanged compares what the client has: the tag, if it names one, else the date.
func (e *environmentFile) unchanged(r *http.Request, tag string) bool {
	if known := r.Header.Get("If-None-Match"); known != "" && e.tagged {
		return known == tag
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !e.undated && !e.modified.After(since)
}

// accountSettings answers the part of the environment file that a client of the decision API asks for when it starts.
func (f *flagship) accountSettings(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	body := f.served.body
	f.mu.Unlock()
	var file struct {
		AccountSettings json.RawMessage `json:"accountSettings"`
	}
	if json.Unmarshal(body, &file) != nil || file.AccountSettings == nil {
		file.AccountSettings = json.RawMessage("{}")
	}
	answer(w, http.StatusOK, `{"accountSettings":`+string(file.AccountSettings)+`}`)
}
