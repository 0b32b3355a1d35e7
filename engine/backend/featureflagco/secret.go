package featureflagco

import (
	"encoding/base64"
	"errors"
	"strings"
)

var (
	errNotBase64     = errors.New("is not Base64")
	errNoEnvironment = errors.New("names no account, project and environment")
)

// idPrefix is what the ids of an environment's flags begin with: the secret is Base64 of
// {random}__{account}__{project}__{environment}__{rest}.
func idPrefix(secret string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return "", errNotBase64
	}
	parts := strings.Split(string(decoded), "__")
	if len(parts) < 4 {
		return "", errNoEnvironment
	}
	return "FF__" + parts[1] + "__" + parts[2] + "__" + parts[3] + "__", nil
}

// keyOf is under which key a flag is found. Without a prefix the first four parts of the id are taken for it.
func keyOf(id, prefix string) string {
	if prefix != "" {
		if key, ok := strings.CutPrefix(id, prefix); ok {
			return key
		}
		return id
	}
	parts := strings.SplitN(id, "__", 5)
	if len(parts) == 5 && parts[0] == "FF" {
		return parts[4]
	}
	return id
}
