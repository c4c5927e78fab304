/* SPDX-License-Identifier: MIT */
/* Files as the readers see them: regular ones only, read and never mapped, every refusal in words. */
#ifndef EGM_IO_FILE_IMPL_H
#define EGM_IO_FILE_IMPL_H

#include <core/context_impl.h>
#include <core/status_impl.h>

/* IO: "path: cannot read: Input/output error". `error` is errno. */
egm_status egm__io_fail(const char *path, const char *action, int error);

/* Copies text that came from a file into an error line: at most 60 bytes, whole characters. What must
 * not stand in a line as it is, egm__fail makes visible. */
const char *egm__printable(char out[64], const char *text);

/* What a file that begins with these n bytes seems to be, for an error line: "an HTML page", "a git-lfs pointer (...)".
 * NULL: nothing that is known. 512 bytes are enough for all kinds. */
const char *egm__looks_like(const void *bytes, size_t n);

/* Opens a regular file for reading; IO for anything else. */
egm_status egm__file_open(int *fd, int64_t *size, const char *path);
/* Reads up to n bytes, fewer only where the file ends. */
egm_status egm__file_read(int fd, const char *path, void *bytes, size_t n, size_t *got);

/* Turns each of `count` numbers of `width` bytes round: from the other byte order to this machine's. */
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

/* Bytes of a data file, plain or out of a gzip file. */
typedef struct egm__stream egm__stream;
/* `gzip` 0: the bytes as they are, even where they start like a gzip file. */
egm_status egm__stream_open(egm__stream **out, egm_context *context, const char *path, int gzip);
void egm__stream_free(egm__stream *stream);
const char *egm__stream_path(const egm__stream *stream);
/* FORMAT: "path: not an NPY file; it looks like an HTML page" for `what` = "not an NPY file". */
egm_status egm__stream_refuse(const egm__stream *stream, const char *what);
/* No file of this size can hold more: its length, or 1032 times that for gzip (RFC 1951: 258 bytes out of 2 bits). */
int64_t egm__stream_limit(const egm__stream *stream);
/* Reads up to n bytes, fewer only at the end. */
egm_status egm__stream_read(egm__stream *stream, void *bytes, size_t n, size_t *got);
/* Reads n bytes; FORMAT if there are fewer, `what` says of what. */
egm_status egm__stream_exact(egm__stream *stream, void *bytes, size_t n, const char *what);
/* FORMAT if bytes follow. */
egm_status egm__stream_end(egm__stream *stream);

/* The inflating half of a stream; `feed` gives it compressed bytes, 0 at the end of the file. */
typedef struct egm__gunzip egm__gunzip;
typedef egm_status (*egm__gunzip_feed)(void *user, const unsigned char **bytes, size_t *n);
egm_status egm__gunzip_create(egm__gunzip **out, egm_context *context, const char *path, egm__gunzip_feed feed,
                              void *user);
void egm__gunzip_free(egm__gunzip *z);
egm_status egm__gunzip_read(egm__gunzip *z, void *bytes, size_t n, size_t *got);

#endif
