package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// unpack returns what a page of up to size bytes was before it was packed. It takes
// memory for no more than that, whatever the packed bytes say.
func unpack(codec format.CompressionCodec, packed []byte, size int) ([]byte, error) {
	if codec == format.Uncompressed {
		return packed, nil
	}
	if len(packed) == 0 && size == 0 {
		return nil, nil
	}
	b, err := unpacked(codec, packed, size)
	if err == nil && len(b) > size {
		err = fmt.Errorf("more than the %d bytes that the page says", size)
	}
	if err != nil {
		return nil, fmt.Errorf("packed by %s: %w", codec, err)
	}
	return b, nil
}

func unpacked(codec format.CompressionCodec, packed []byte, size int) ([]byte, error) {
	switch codec {
	case format.Snappy:
		if n, err := snappy.DecodedLen(packed); err != nil || n > size {
			return nil, errors.Join(fmt.Errorf("%d bytes, where the page says %d", n, size), err)
		}
		return snappy.Decode(nil, packed)
	case format.Gzip:
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		return upTo(r, size)
	case format.Zstd:
		r, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(64<<20), zstd.WithDecoderMaxMemory(maxPage))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return upTo(r, size)
	case format.Brotli:
		return upTo(brotli.NewReader(bytes.NewReader(packed)), size)
	case format.Lz4Raw:
		// The library unpacks into a buffer of its own where that is larger than size, and
		// then reads the one that it did not fill: values of other pages.
		if 3*len(packed) > size {
			return nil, fmt.Errorf("%d bytes of %d: pages that are not packed to a third can't be read; write the file with another codec", len(packed), size)
		}
		b := make([]byte, size)
		n, err := lz4.UncompressBlock(packed, b)
		return b[:max(n, 0)], err
	}
	return nil, errors.New("it is not known")
}

// upTo reads r to its end, or one byte more than size.
func upTo(r io.Reader, size int) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.Copy(&b, io.LimitReader(r, int64(size)+1))
	return b.Bytes(), err
}
