package visitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/option"
)

func settingsOf(t *testing.T, language sdk.Language, text string) (Settings, []string) {
	opts, err := option.New([]byte(text))
	require.NoError(t, err)
	s, warnings := ReadOptions(opts, SettingsOf(language))
	require.NoError(t, opts.Err("flagship"))
	require.Empty(t, opts.Unknown())
	return s, warnings
}

func TestDefaultsAreThoseOfTheSDKs(t *testing.T) {
	s, _ := settingsOf(t, sdk.JavaScript, `{}`)
	require.Equal(t, Settings{
		Client: "TypeScript", Version: "5.2.0", Timeout: 2 * time.Second, Buffering: 2 * time.Second,
		Deduplication: 2500 * time.Millisecond, CacheTimeout: 2 * time.Second,
		Tracking: Tracking{PoolSize: 100, Interval: 10 * time.Second, Strategy: Periodic},
	}, s)
	s, _ = settingsOf(t, sdk.Python, `{}`)
	require.Equal(t, Settings{
		Language: sdk.Python, Hashes: sdk.Packed, Client: "python", Version: "3.0.0", Timeout: 2 * time.Second,
		CacheTimeout: 100 * time.Millisecond, Tracking: Tracking{PoolSize: 20, Interval: 10 * time.Second},
	}, s)
}

func TestOptionsOfVisitors(t *testing.T) {
	s, warnings := settingsOf(t, sdk.JavaScript, `{"fetch_timeout":3,"fetch_flags_buffering_time":0,"hit_deduplication_time":1.5,
		"cache_timeout":0.5,"fetch_third_party_data":true,"qa_mode":true,"report_exposures":true,"tracking":{"pool_max_size":5,
		"batch_interval":0,"cache_strategy":"continuous","batch_activations":true,"closing_strategy":"cache"}}`)
	require.Empty(t, warnings)
	require.Equal(t, Settings{
		Client: "TypeScript", Version: "5.2.0", Timeout: 3 * time.Second, Deduplication: 1500 * time.Millisecond,
		CacheTimeout: 500 * time.Millisecond, ThirdParty: true, QA: true, Exposures: true,
		Tracking: Tracking{PoolSize: 5, Strategy: Continuous, Batched: true, KeepAtEnd: true},
	}, s)
	s, warnings = settingsOf(t, sdk.JavaScript, `{"fetch_timeout":0,"cache_timeout":0,"tracking":{"pool_max_size":4,"batch_interval":0.5}}`)
	require.Equal(t, SettingsOf(sdk.JavaScript), s)
	require.Equal(t, []string{
		"tracking.pool_max_size is 4, want 5 to 1048576: it is 100 instead",
		"tracking.batch_interval is 500ms, want 1s to 3h0m0s: it is 10s instead",
	}, warnings)
	s, warnings = settingsOf(t, sdk.Python, `{"tracking":{"pool_max_size":0,"batch_interval":0.2}}`)
	require.Empty(t, warnings)
	require.Equal(t, Tracking{Interval: 200 * time.Millisecond}, s.Tracking)
	_, warnings = settingsOf(t, sdk.Python, `{"tracking":{"pool_max_size":5001,"batch_interval":0}}`)
	require.Len(t, warnings, 2)
}
