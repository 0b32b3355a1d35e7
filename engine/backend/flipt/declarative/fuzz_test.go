package declarative

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzConvert(f *testing.F) {
	shop, err := os.ReadFile("testdata/shop.features.yaml")
	require.NoError(f, err)
	f.Add(shop, "shop")
	for _, seed := range []string{
		"flags: [{key: f, enabled: yes, variants: [{key: v, default: true, attachment: {a: [1, .5, 0x1F, ~]}}]}]",
		"segments: [&s {key: a}, {<<: *s, key: b}]\nflags:\n- key: f\n  rules:\n  - segment: [a, b]\n",
		"---\nnamespace: a\n---\nnamespace: {key: b}\nflags: []\n...\n",
		"flags: &a [*a]", "? [a]\n: b", "flags: [{key: \"\\u0000\"}]", "{\"flags\":[{\"key\":\"f\",\"type\":\"BOOLEAN_FLAG_TYPE\"}]}",
		"flags:\n- key: |\n    text\n  name: >-\n    folded\n    text\n", "%YAML 1.2\n---\nflags: !!seq []\n", "flags: !x {a: !!str }",
	} {
		f.Add([]byte(seed), "")
	}
	f.Fuzz(func(t *testing.T, yaml []byte, namespace string) {
		document, problems, err := Convert(yaml, namespace)
		if err != nil {
			require.Nil(t, document)
			return
		}
		var read struct {
			Namespace struct{ Key *string }
			Flags     []struct {
				Key            *string
				DefaultVariant *struct{ Attachment *string }
			}
		}
		require.NoError(t, json.Unmarshal(document, &read), "document: %s", document)
		require.NotNil(t, read.Namespace.Key)
		for _, flag := range read.Flags {
			require.NotEmpty(t, flag.Key)
			if v := flag.DefaultVariant; v != nil && v.Attachment != nil {
				require.True(t, json.Valid([]byte(*v.Attachment)), "attachment: %s", *v.Attachment)
			}
		}
		for _, p := range problems {
			require.NotEmpty(t, p.Message)
		}
		again, _, err := Convert(yaml, namespace)
		require.NoError(t, err)
		require.Equal(t, string(document), string(again))
		_, err = Namespaces(yaml)
		require.NoError(t, err)
	})
}
