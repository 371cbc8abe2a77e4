package model

import (
	"fmt"
	"math"
)

// Parse reads config, the text of a config.json, over the values that c holds.
// JSON's null leaves a value as it is, as if the key were absent. Then Check
// sets the remaining defaults and refuses what no model can have.
func Parse[C interface{ Check() error }](config []byte, c C) (C, error) {
	if err := decode(config, c); err != nil {
		return c, err
	}
	return c, c.Check()
}

// Largest sizes that a config may state: room for ten times any model there is,
// and no overflow in the products of two.
const (
	MaxWidth  = 1 << 20 // of hidden states, feed-forward layers, heads
	MaxVocab  = 1 << 24 // ids
	MaxLayers = 1 << 12
)

// Within fails unless lo <= v <= hi. The error names the field of config.json.
func Within(field string, v, lo, hi int) error {
	if v < lo || v > hi {
		return fmt.Errorf("model: config.json: %s: %d is not within %d to %d", field, v, lo, hi)
	}
	return nil
}

// Real fails unless v is a finite number within lo to hi. The error names the
// field of config.json.
func Real(field string, v, lo, hi float64) error {
	if math.IsNaN(v) || v < lo || v > hi {
		return fmt.Errorf("model: config.json: %s: %v is not within %v to %v", field, v, lo, hi)
	}
	return nil
}

// Divides fails unless a, the value of one field, divides b, that of another.
func Divides(field string, a int, other string, b int) error {
	if a <= 0 || b%a != 0 {
		return fmt.Errorf("model: config.json: %s: %d does not divide %s, %d", field, a, other, b)
	}
	return nil
}

// OneOf fails unless v is one of the values that an implementation knows.
func OneOf(field, v string, known ...string) error {
	for _, k := range known {
		if v == k {
			return nil
		}
	}
	return fmt.Errorf("model: config.json: %s: %q is not one of %q", field, v, known)
}

// CheckIDs fails unless each id is one of a vocabulary of that size. Models
// themselves take ids to be so.
func CheckIDs(vocab int, ids []int32) error {
	for i, id := range ids {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("model: token %d has the id %d, which is not within 0 to %d", i, id, vocab-1)
		}
	}
	return nil
}
