package flipt

import (
	"math"

	"github.com/burgee-flags/burgee/engine/bucket"
)

const (
	variantBuckets = 1000
	booleanBuckets = 100
)

// variantBucket returns 0 to 999. Flipt hashes the flag key before the entity id here, and the other way round for
// boolean flags.
func variantBucket(flagKey, entityID string) uint32 {
	return bucket.CRC32(flagKey, entityID) % variantBuckets
}

// booleanBucket returns 0 to 99.
func booleanBucket(flagKey, entityID string) uint32 {
	return bucket.CRC32(entityID, flagKey) % booleanBuckets
}

// setUppers gives every distribution with a rollout above 0 the end of its range of buckets. Rollouts are normalised to
// 100 %, in single precision and in this order, because that is what decides at the boundaries; the conversions keep a
// compiler from fusing the operations. It returns how many distributions are usable.
// Source: flipt-evaluation 0.4.0.
func setUppers(distributions []distribution) int {
	var total float32
	usable, last := 0, 0
	for i := range distributions {
		if distributions[i].rollout > 0 {
			total = float32(total + distributions[i].rollout)
			usable, last = usable+1, i
		}
	}
	var sum float32
	for i := range distributions {
		d := &distributions[i]
		if d.rollout <= 0 {
			continue
		}
		sum = float32(sum + float32(float32(d.rollout/total)*100))
		d.upper = uint32(math.Max(0, math.Round(float64(float32(sum*10)))))
		if i == last {
			d.upper = variantBuckets
		}
	}
	return usable
}

// choose returns the index of the distribution that holds bucket b: where b+1 is the end of several ranges the last of
// them, otherwise the first that ends above it.
func choose(distributions []distribution, b uint32) int {
	chosen := -1
	for i := range distributions {
		d := &distributions[i]
		if d.rollout <= 0 || d.upper < b+1 {
			continue
		}
		if d.upper > b+1 {
			if chosen < 0 {
				return i
			}
			return chosen
		}
		chosen = i
	}
	return chosen
}
