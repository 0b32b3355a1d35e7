package visitor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// What somebody without a visitor object did is sent like everything else, but a withdrawal of consent does not mistake it
// for what the visitor had pending.
func TestRecordsWithoutAVisitorAreNotCounted(t *testing.T) {
	w := started(t, sdk.JavaScript, nil)
	number := func(text string) eval.Value { return eval.Value{Kind: eval.Number, Text: text} }
	for range 3 {
		require.True(t, w.queues.Report(Activations, 1<<41, w.session.AppendExposure(nil, "loose", "g", "v")))
		record, err := w.session.AppendEvent(nil, "loose", "bought", number("7"))
		require.NoError(t, err)
		require.True(t, w.queues.Report(Hits, 1<<41, record))
	}
	v := w.NewVisitor(within(t), Params{ID: "v", Consent: true})
	_, err := v.Send([]byte(page))
	require.NoError(t, err)
	w.flush()
	require.Equal(t, position{Hits: 1}, position{Hits: w.session.tracker.settled[Hits].Load(), Activations: w.session.tracker.settled[Activations].Load()})
	require.Contains(t, w.bodies("activate"), `{"vid":"loose","vaid":"v","caid":"g","aid":null,"qt":`)
	require.Contains(t, w.bodies("events"), `"t":"EVENT","vid":"loose","cuid":null,"ec":"Action Tracking","ea":"bought","ev":7,`)
	for _, value := range []eval.Value{eval.StringValue("x"), eval.BoolValue(true), number("-1"), number("1.5")} {
		_, err := w.session.AppendEvent(nil, "loose", "bought", value)
		require.ErrorContains(t, err, "want a whole number that is not negative")
	}
	_, err = w.session.AppendEvent(nil, "loose", "", eval.Value{})
	require.ErrorContains(t, err, "action")
}
