/* SPDX-License-Identifier: MIT */
/* Files as readers and writers use them: regular ones only, read and never mapped. Memory of the caller can be used in
 * place of a file in both directions, through the same functions. */
#ifndef EGM_IO_FILE_IMPL_H
#define EGM_IO_FILE_IMPL_H

#include <core/context_impl.h>
#include <core/os_impl.h>
#include <core/status_impl.h>
#include <string.h>

/* Copies text of a file for an error line: at most 60 bytes, whole characters. egm__fail escapes control characters. */
const char *egm__printable(char out[64], const char *text);

/* What a file with these first n bytes looks like, for an error line: "an HTML page". NULL: no known format. 512 bytes
 * are enough for all formats. */
const char *egm__looks_like(const void *bytes, size_t n);

/* ARGUMENT if the path is NULL or empty. */
egm_status egm__path_check(const char *path);

/* ---- reading */

/* Where a reader gets its bytes: from a file, or from memory of the caller. */
typedef struct egm__origin {
	const char *path; /* also for error texts; "bytes" for memory */
	int memory;
	const void *bytes;
	size_t size; /* of bytes */
} egm__origin;

static inline egm__origin egm__from_file(const char *path)
{
	return (egm__origin){.path = path};
}

static inline egm__origin egm__from_memory(const void *bytes, size_t size)
{
	return (egm__origin){.path = "bytes", .memory = 1, .bytes = bytes, .size = size};
}

/* ARGUMENT if the path or the bytes are NULL. */
egm_status egm__origin_check(const egm__origin *from);

/* Reads n bytes from `offset` on, without the file position that threads would share. FILE if the file ends before. */
egm_status egm__file_read_at(int fd, const char *path, void *bytes, size_t n, int64_t offset);

/* The bytes of an origin in order. Starts as EGM__INPUT_NONE, so that it can be closed without having been opened. */
typedef struct egm__input {
	const char *path;
	int fd;                     /* -1: memory, or not open */
	const unsigned char *bytes; /* of memory */
	int64_t size, at;           /* size when it was opened; bytes that were read */
} egm__input;
#define EGM__INPUT_NONE ((egm__input){.fd = -1})

egm_status egm__input_open(egm__input *in, const egm__origin *from);
void egm__input_close(egm__input *in);
/* Reads up to n bytes, fewer only at the end. */
egm_status egm__input_read(egm__input *in, void *bytes, size_t n, size_t *got);
void egm__input_skip(egm__input *in, int64_t n);
/* Copies the first n bytes, or all if there are fewer, whatever was read before; returns how many. */
size_t egm__input_start(const egm__input *in, void *bytes, size_t n);

/* Reverses the bytes of each of `count` numbers of `width` bytes. */
static inline void egm__reverse_each(unsigned char *bytes, size_t count, size_t width)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char *p = bytes + i * width;
		for (size_t k = 0; k < width / 2; k++) {
			unsigned char byte = p[k];
			p[k] = p[width - 1 - k];
			p[width - 1 - k] = byte;
		}
	}
}

/* IEEE binary16 to binary32, exact. */
static inline float egm__half(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
	uint32_t bits;
	float value;
	if (exponent == 0) {
		value = (float)fraction * 0x1p-24f;
		return sign ? -value : value;
	}
	bits = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* The bytes of a data file, expanded if it is a gzip file. */
typedef struct egm__stream egm__stream;
/* gzip: whether a gzip file is expanded. */
egm_status egm__stream_open(egm__stream **out, egm_context *context, const egm__origin *from, int gzip);
void egm__stream_free(egm__stream *stream);
const char *egm__stream_path(const egm__stream *stream);
/* FORMAT: "path: is not an NPY file; it looks like an HTML page" for `what` = "is not an NPY file". */
egm_status egm__stream_reject(const egm__stream *stream, const char *what);
/* An upper bound of its bytes: the size of the file, for gzip 1032 times that (RFC 1951: 258 bytes from 2 bits). */
int64_t egm__stream_limit(const egm__stream *stream);
/* Whether the file begins as a gzip file, expanded or not. */
int egm__stream_is_gzip(const egm__stream *stream);
/* Returns the descriptor of the plain file, which the caller then closes. */
int egm__stream_detach(egm__stream *stream);
/* How many bytes were read: the position in a plain file. */
int64_t egm__stream_position(const egm__stream *stream);
/* Reads up to n bytes, fewer only at the end. */
egm_status egm__stream_read(egm__stream *stream, void *bytes, size_t n, size_t *got);
/* Reads n bytes; FORMAT if there are fewer. `what` names them in the error. */
egm_status egm__stream_exact(egm__stream *stream, void *bytes, size_t n, const char *what);
/* FORMAT if more bytes follow. */
egm_status egm__stream_end(egm__stream *stream);

/* Expands gzip; `feed` gives compressed bytes, none at the end of the file. */
typedef struct egm__gunzip egm__gunzip;
typedef egm_status (*egm__gunzip_feed)(void *user, const unsigned char **bytes, size_t *n);
egm_status egm__gunzip_create(egm__gunzip **out, egm_context *context, const char *path, egm__gunzip_feed feed,
                              void *user);
void egm__gunzip_free(egm__gunzip *z);
egm_status egm__gunzip_read(egm__gunzip *z, void *bytes, size_t n, size_t *got);

/* ---- writing */

/* Where bytes are appended: a file that is being written, or memory. */
typedef struct egm__writer egm__writer;
struct egm__writer {
	egm_status (*append)(egm__writer *w, const void *bytes, size_t n);
};
/* Appends all bytes of something. It may be called repeatedly, and appends the same bytes each time. */
typedef egm_status (*egm__write)(egm__writer *w, void *user);

static inline egm_status egm__append(egm__writer *w, const void *bytes, size_t n)
{
	return w->append(w, bytes, n);
}

/* What is written to: a file, which is replaced as a whole, or a buffer of the caller. */
typedef struct egm__destination {
	const char *path; /* also for error texts; "bytes" for memory */
	int memory;
	void *buffer; /* NULL, with size 0, to get *needed alone */
	size_t size;
	size_t *needed; /* receives how many bytes are written; may be NULL if buffer is not */
} egm__destination;

static inline egm__destination egm__to_file(const char *path)
{
	return (egm__destination){.path = path};
}

static inline egm__destination egm__to_memory(void *buffer, size_t size, size_t *needed)
{
	return (egm__destination){.path = "bytes", .memory = 1, .buffer = buffer, .size = size, .needed = needed};
}

/* ARGUMENT if it has neither a path nor a buffer, nor `needed`. */
egm_status egm__destination_check(const egm__destination *to);
egm_status egm__write_to(egm_context *context, const egm__destination *to, egm__write write, void *user);
/* Replaces a file as a whole. After a failure the old file is unchanged and no other file is left. */
egm_status egm__file_replace(egm_context *context, const char *path, egm__write write, void *user);

#endif
