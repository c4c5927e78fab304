/* SPDX-License-Identifier: MIT */
/* The bytes of a data file in order, read 64 KiB at a time. A gzip file, known by its first two bytes, is expanded. */
#include <inttypes.h>
#include <string.h>

#include <core/size_impl.h>
#include <io/file_impl.h>

enum { RAW_SIZE = 65536, DEFLATE_RATIO = 1032 };

struct egm__stream {
	egm_context *context;
	const char *path; /* the caller's, for error texts */
	egm__input in;
	int64_t delivered;
	const char *kind;    /* what the file looks like by its first bytes; NULL: no known format */
	int is_gzip;         /* by its first bytes */
	egm__gunzip *gunzip; /* NULL: plain */
	size_t begin, end;   /* of the bytes in raw that were not read yet */
	unsigned char raw[RAW_SIZE];
};

static egm_status fill(egm__stream *s)
{
	s->begin = s->end = 0;
	return egm__input_read(&s->in, s->raw, RAW_SIZE, &s->end);
}

static egm_status feed(void *user, const unsigned char **bytes, size_t *n)
{
	egm__stream *s = user;
	egm_status st = EGM_OK;
	if (s->begin == s->end) EGM_TRY(fill(s));
	*bytes = s->raw + s->begin;
	*n = s->end - s->begin;
	s->begin = s->end;
out:
	return st;
}

egm_status egm__stream_open(egm__stream **out, egm_context *context, const egm__origin *from, int gzip)
{
	egm_status st = EGM_OK;
	egm__stream *s = egm__alloc(context, 1, sizeof *s);
	*out = NULL;
	if (!s) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the buffer of the reader", from->path);
	*s = (egm__stream){.context = context, .path = from->path, .in = EGM__INPUT_NONE};
	EGM_TRY(egm__input_open(&s->in, from));
	EGM_TRY(fill(s));
	s->kind = egm__looks_like(s->raw, s->end);
	s->is_gzip = s->end >= 2 && s->raw[0] == 0x1f && s->raw[1] == 0x8b;
	if (gzip && s->is_gzip) EGM_TRY(egm__gunzip_create(&s->gunzip, context, from->path, feed, s));
	*out = s;
out:
	if (st != EGM_OK) egm__stream_free(s);
	return st;
}

void egm__stream_free(egm__stream *s)
{
	if (!s) return;
	egm__gunzip_free(s->gunzip);
	egm__input_close(&s->in);
	egm__free(s->context, s);
}

const char *egm__stream_path(const egm__stream *s)
{
	return s->path;
}

egm_status egm__stream_reject(const egm__stream *s, const char *what)
{
	/* A stream that expands gzip looks like a gzip file, which explains nothing. */
	if (!s->kind || s->gunzip) return egm__fail(EGM_ERR_FORMAT, "%s: %s", s->path, what);
	return egm__fail(EGM_ERR_FORMAT, "%s: %s; it looks like %s", s->path, what, s->kind);
}

int egm__stream_is_gzip(const egm__stream *s)
{
	return s->is_gzip;
}

int egm__stream_detach(egm__stream *s)
{
	int fd = s->in.fd;
	s->in.fd = -1;
	return fd;
}

int64_t egm__stream_position(const egm__stream *s)
{
	return s->delivered;
}

int64_t egm__stream_limit(const egm__stream *s)
{
	int64_t limit;
	if (!s->gunzip) return s->in.size;
	return egm__size_mul(s->in.size, DEFLATE_RATIO, &limit) ? INT64_MAX : limit;
}

static egm_status read_plain(egm__stream *s, void *bytes, size_t n, size_t *got)
{
	egm_status st = EGM_OK;
	size_t ready = s->end - s->begin < n ? s->end - s->begin : n, more = 0;
	if (ready) memcpy(bytes, s->raw + s->begin, ready);
	s->begin += ready;
	if (n - ready >= RAW_SIZE) {
		EGM_TRY(egm__input_read(&s->in, (char *)bytes + ready, n - ready, &more));
	} else if (ready < n) {
		EGM_TRY(fill(s));
		more = s->end < n - ready ? s->end : n - ready;
		if (more) memcpy((char *)bytes + ready, s->raw, more);
		s->begin = more;
	}
	*got = ready + more;
out:
	return st;
}

egm_status egm__stream_read(egm__stream *s, void *bytes, size_t n, size_t *got)
{
	egm_status st = EGM_OK;
	EGM_TRY(s->gunzip ? egm__gunzip_read(s->gunzip, bytes, n, got) : read_plain(s, bytes, n, got));
	s->delivered += (int64_t)*got;
out:
	return st;
}

egm_status egm__stream_exact(egm__stream *s, void *bytes, size_t n, const char *what)
{
	egm_status st = EGM_OK;
	size_t got = 0;
	EGM_TRY(egm__stream_read(s, bytes, n, &got));
	if (got != n)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: is truncated: ends after %" PRId64 " bytes, within %s", s->path, s->delivered,
		         what);
out:
	return st;
}

egm_status egm__stream_end(egm__stream *s)
{
	egm_status st = EGM_OK;
	unsigned char byte;
	size_t got = 0;
	int64_t delivered = s->delivered;
	EGM_TRY(egm__stream_read(s, &byte, 1, &got));
	if (got)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has more bytes, must have the %" PRId64 " that follow from its sizes", s->path,
		         delivered);
out:
	return st;
}
