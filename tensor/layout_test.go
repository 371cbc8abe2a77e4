package tensor

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"
)

// digests are those of the packed bytes of one matrix in each form, for PackedVersion.
// Whoever changes one changes the layout that packed files have: raise PackedVersion.
var digests = map[Form]uint32{
	FormF32: 0xb755baaf, FormF16: 0xce35483a, FormBF16: 0x7611771c, FormBF16Fast: 0x7611771c, FormInt8: 0xd01b71bc,
	FormQ8_0: 0xd14cd938, FormQ4_0: 0x62cdfc6a, FormQ4_1: 0x72733de9, FormQ5_0: 0xdf95d81, FormQ5_1: 0x121bfbcb,
	FormQ4_K: 0xcf8486b9, FormQ5_K: 0x51e3d090, FormQ6_K: 0xff15964c, FormQ2_K: 0x5aca2746, FormQ3_K: 0xbe360915,
	FormIQ4_NL: 0x11a0d9eb,
}

func TestPackedBytesAreOfTheVersion(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("packed files are little-endian")
	}
	w := random(rand.New(rand.NewPCG(3, 4)), 41, 256)
	for f := FormF32; f < numForms; f++ {
		p := Pack(w, f, &Room{})
		raw := p.PackedBytes()
		if sum := crc32.ChecksumIEEE(raw); sum != digests[f] {
			t.Errorf("%v: the digest is %#x, want %#x", f, sum, digests[f])
		}
		room := &Room{}
		aligned := room.take(len(raw))
		copy(aligned, raw)
		again, err := FromPacked(f, 41, 256, aligned)
		if err != nil {
			t.Fatal(err)
		}
		if again.Form() != f || !slices.Equal(again.Dense().data, p.Dense().data) {
			t.Errorf("%v: FromPacked gives another matrix", f)
		}
		for _, bad := range [][]byte{aligned[:len(raw)-1], nil, aligned[1:]} {
			if _, err := FromPacked(f, 41, 256, bad); err == nil {
				t.Errorf("%v: FromPacked takes %d bytes", f, len(bad))
			}
		}
		if _, err := FromPacked(f, -1, 256, aligned); err == nil {
			t.Errorf("%v: FromPacked takes -1 rows", f)
		}
		if _, err := FromPacked(f, 1<<40, 1<<40, aligned); err == nil {
			t.Errorf("%v: FromPacked takes a huge matrix", f)
		}
	}
	if _, err := FromPacked(FormQ4_K, 4, 32, nil); err == nil {
		t.Error("FromPacked takes rows that are no whole blocks")
	}
}
