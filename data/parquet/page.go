package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// plainDictionary is what older writers call both a dictionary and the pages of its
// numbers.
const plainDictionary = format.Encoding(2)

// column is what is known of a column whose pages are to be checked.
type column struct {
	meta  format.ColumnMetaData
	level int // the largest definition level
	fixed int // bytes of a value of fixed length
}

// check reads all pages of a column of a row group, and returns how many bytes of
// memory the library will want for the largest one.
func (c column) check(r io.ReaderAt) (int64, error) {
	pages := io.NewSectionReader(r, chunkStart(c.meta), c.meta.TotalCompressedSize)
	var page, dictionary, values int64
	for at := int64(0); at < pages.Size(); {
		h, n, err := headerAt(pages, at)
		if err != nil {
			return 0, err
		}
		at += n
		if int64(h.CompressedPageSize) > pages.Size()-at {
			return 0, fmt.Errorf("page at byte %d: %d bytes, of which the column has %d", at, h.CompressedPageSize, pages.Size()-at)
		}
		packed := make([]byte, h.CompressedPageSize)
		if _, err := pages.ReadAt(packed, at); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		at += int64(h.CompressedPageSize)
		need, err := c.page(h, packed)
		if err != nil {
			return 0, fmt.Errorf("page at byte %d: %w", at, err)
		}
		if h.Type == format.DictionaryPage {
			dictionary += need // the library may keep each
		} else {
			page = max(page, need)
		}
		values += int64(valuesOf(h))
	}
	if values > c.meta.NumValues && c.meta.NumValues > 0 || values > 0 && c.meta.NumValues == 0 {
		return 0, fmt.Errorf("pages of %d values, where the column has %d", values, c.meta.NumValues)
	}
	return page + dictionary, nil
}

// headerAt reads the header of the page at byte at, and tells how long it is.
func headerAt(pages *io.SectionReader, at int64) (*format.PageHeader, int64, error) {
	for size := int64(512); ; size *= 16 {
		size = min(size, pages.Size()-at, maxHeader)
		b := make([]byte, size)
		if _, err := pages.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		n, err := skipStruct(b)
		if errors.Is(err, errShort) && size < min(pages.Size()-at, maxHeader) {
			continue
		}
		h := &format.PageHeader{}
		if err == nil {
			err = thrift.Unmarshal(&thrift.CompactProtocol{}, b[:n], h)
		}
		if err == nil {
			err = checkHeader(h)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("page header at byte %d: %w", at, err)
		}
		return h, int64(n), nil
	}
}

// checkHeader refuses a page that says it is larger than any may be.
func checkHeader(h *format.PageHeader) error {
	for _, n := range []int32{h.CompressedPageSize, h.UncompressedPageSize} {
		if n < 0 || n > maxPage {
			return fmt.Errorf("%d bytes: must be 0 … %d", n, maxPage)
		}
	}
	var n int32
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		n = h.DictionaryPageHeader.V.NumValues
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		n = h.DataPageHeader.V.NumValues
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		v := h.DataPageHeaderV2.V
		n = v.NumValues
		if v.NumNulls < 0 || v.NumNulls > n || v.DefinitionLevelsByteLength < 0 || v.RepetitionLevelsByteLength < 0 ||
			int64(v.DefinitionLevelsByteLength)+int64(v.RepetitionLevelsByteLength) > int64(h.CompressedPageSize) {
			return fmt.Errorf("%d nulls of %d values, levels of %d and %d bytes", v.NumNulls, n, v.RepetitionLevelsByteLength, v.DefinitionLevelsByteLength)
		}
	default:
		return fmt.Errorf("a page of type %d, or without the header of its type", h.Type)
	}
	if n < 0 || n > maxValues {
		return fmt.Errorf("%d values: must be 0 … %d", n, maxValues)
	}
	return nil
}

// valuesOf returns how many values a page of data has.
func valuesOf(h *format.PageHeader) int32 {
	switch h.Type {
	case format.DataPage:
		return h.DataPageHeader.V.NumValues
	case format.DataPageV2:
		return h.DataPageHeaderV2.V.NumValues
	}
	return 0
}

// page checks what a page holds, and returns how many bytes of memory it wants.
func (c column) page(h *format.PageHeader, packed []byte) (int64, error) {
	var levels []byte
	if h.Type == format.DataPageV2 { // whose levels are never packed
		v := h.DataPageHeaderV2.V
		lo, hi := v.RepetitionLevelsByteLength, v.RepetitionLevelsByteLength+v.DefinitionLevelsByteLength
		levels, packed = packed[lo:hi], packed[hi:]
	}
	body := packed
	if h.Type != format.DataPageV2 || !h.DataPageHeaderV2.V.IsCompressed.Valid || h.DataPageHeaderV2.V.IsCompressed.V {
		var err error
		if body, err = unpack(c.meta.Codec, packed, int(h.UncompressedPageSize)); err != nil {
			return 0, err
		}
	}
	n := int(valuesOf(h))
	need := int64(len(packed)) + 2*int64(len(body)) + 16*int64(n)
	switch h.Type {
	case format.DictionaryPage:
		d := h.DictionaryPageHeader.V
		if int64(d.NumValues)*int64(c.width()) > int64(len(body)) {
			return 0, fmt.Errorf("a dictionary of %d values in %d bytes", d.NumValues, len(body))
		}
		if d.Encoding != format.Plain && d.Encoding != plainDictionary {
			return 0, fmt.Errorf("a dictionary in the encoding %s", d.Encoding)
		}
		return need + 16*int64(d.NumValues), nil
	case format.DataPage:
		if c.level > 0 {
			if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
				return 0, errors.New("levels are cut off")
			}
			hi := 4 + int(binary.LittleEndian.Uint32(body))
			levels, body = body[4:hi], body[hi:]
			if h.DataPageHeader.V.DefinitionLevelEncoding != format.RLE {
				return 0, fmt.Errorf("levels in the encoding %s", h.DataPageHeader.V.DefinitionLevelEncoding)
			}
		}
	}
	if c.level > 0 {
		if err := checkRuns(levels, bitsFor(c.level), n); err != nil {
			return 0, fmt.Errorf("levels: %w", err)
		}
	}
	more, err := c.values(encodingOf(h), body, n)
	return need + more, err
}

func encodingOf(h *format.PageHeader) format.Encoding {
	if h.Type == format.DataPageV2 {
		return h.DataPageHeaderV2.V.Encoding
	}
	return h.DataPageHeader.V.Encoding
}

// width returns how many bytes a value takes at least where it is not coded.
func (c column) width() int {
	switch c.meta.Type {
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return max(c.fixed, 1)
	case format.Boolean:
		return 1
	}
	return 4 // numbers, and the length of a text
}

// values refuses a coding of values that says there are more than n, and returns how
// many bytes they have beyond the body of the page.
func (c column) values(e format.Encoding, body []byte, n int) (more int64, err error) {
	switch e {
	case format.Plain:
		return 0, nil
	case format.ByteStreamSplit:
		return int64(len(body)), nil
	case plainDictionary, format.RLEDictionary:
		if len(body) > 0 {
			err = checkRuns(body[1:], int(body[0]), n)
		}
	case format.RLE: // of truth values, after their length
		if len(body) > 4 {
			err = checkRuns(body[4:], 1, n)
		}
	case format.DeltaBinaryPacked:
		_, _, err = headOf(body, n)
	case format.DeltaLengthByteArray:
		_, _, err = headOf(body, n)
	case format.DeltaByteArray:
		if more, err = joined(body, n); err == nil && more > maxPage {
			err = fmt.Errorf("texts of %d bytes: must be %d at most", more, maxPage)
		}
	default:
		err = errors.New("it is not known")
	}
	if err != nil {
		err = fmt.Errorf("encoding %s: %w", e, err)
	}
	return more, err
}
