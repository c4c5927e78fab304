/* SPDX-License-Identifier: MIT */
/* Expands gzip (RFC 1952): one or more members, each checked by its CRC-32 and length. zlib's inflate is used and not
 * gzread, because it allocates from the context, tells a truncated file from a short one, and finds bytes after the
 * last member that are no member. Zero bytes after a member are padding of tapes and disk images, which gzip -d accepts
 * too. */
#include <io/file_impl.h>

#if EGM_HAVE_ZLIB
#include <limits.h>
#include <zlib.h>

struct egm__gunzip {
	egm_context *context;
	const char *path;
	egm__gunzip_feed feed;
	void *user;
	z_stream z;
	int ended; /* the last byte that was read ends a member */
};

static voidpf zlib_alloc(voidpf context, uInt count, uInt size)
{
	return egm__alloc(context, count, size);
}

static void zlib_free(voidpf context, voidpf block)
{
	egm__free(context, block);
}

static egm_status zlib_fail(const egm__gunzip *g, int code)
{
	if (code == Z_MEM_ERROR) return egm__fail(EGM_ERR_MEMORY, "%s: no memory to expand gzip", g->path);
	return egm__fail(EGM_ERR_FORMAT, "%s: has invalid gzip data: %s", g->path,
	                 g->z.msg ? g->z.msg : "zlib gives no reason");
}

egm_status egm__gunzip_create(egm__gunzip **out, egm_context *context, const char *path, egm__gunzip_feed feed,
                              void *user)
{
	egm_status st = EGM_OK;
	egm__gunzip *g = egm__alloc_zero(context, 1, sizeof *g);
	*out = NULL;
	if (!g) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory to expand gzip", path);
	*g = (egm__gunzip){.context = context, .path = path, .feed = feed, .user = user};
	g->z.zalloc = zlib_alloc;
	g->z.zfree = zlib_free;
	g->z.opaque = context;
	int code = inflateInit2(&g->z, 16 + MAX_WBITS); /* 16: gzip alone, not zlib's own wrapper */
	if (code != Z_OK) EGM_TRY(zlib_fail(g, code));
	*out = g;
out:
	if (st != EGM_OK) egm__free(context, g);
	return st;
}

void egm__gunzip_free(egm__gunzip *g)
{
	if (!g) return;
	inflateEnd(&g->z);
	egm__free(g->context, g);
}

/* Skips padding: a member begins with 1f, never with 0. */
static void skip_padding(egm__gunzip *g)
{
	while (g->ended && g->z.avail_in && !*g->z.next_in) {
		g->z.next_in++;
		g->z.avail_in--;
	}
}

/* Gets more input; *done: there is none, and the last member is complete. */
static egm_status refill(egm__gunzip *g, int *done)
{
	egm_status st = EGM_OK;
	const unsigned char *bytes;
	size_t n;
	EGM_TRY(g->feed(g->user, &bytes, &n));
	if (!n && !g->ended) EGM_FAIL(EGM_ERR_FORMAT, "%s: is a truncated gzip file", g->path);
	*done = !n;
	g->z.next_in = (Bytef *)(uintptr_t)bytes;
	g->z.avail_in = (uInt)n;
out:
	return st;
}

egm_status egm__gunzip_read(egm__gunzip *g, void *bytes, size_t n, size_t *got)
{
	egm_status st = EGM_OK;
	size_t left = n;
	int done = 0;
	/* After the last byte the checksum may still be unread: egm__stream_end asks for one more. */
	while (left) {
		if (!g->z.avail_in) EGM_TRY(refill(g, &done));
		if (done) break;
		skip_padding(g);
		if (!g->z.avail_in) continue;
		if (g->ended && inflateReset(&g->z) != Z_OK) EGM_TRY(zlib_fail(g, Z_STREAM_ERROR));
		g->ended = 0;
		uInt room = left < UINT_MAX ? (uInt)left : UINT_MAX;
		g->z.next_out = (Bytef *)bytes + (n - left);
		g->z.avail_out = room;
		int code = inflate(&g->z, Z_NO_FLUSH);
		left -= room - g->z.avail_out;
		if (code == Z_STREAM_END)
			g->ended = 1;
		else if (code != Z_OK && code != Z_BUF_ERROR)
			EGM_TRY(zlib_fail(g, code));
	}
	*got = n - left;
out:
	return st;
}

#else

egm_status egm__gunzip_create(egm__gunzip **out, egm_context *context, const char *path, egm__gunzip_feed feed,
                              void *user)
{
	*out = NULL;
	return egm__fail(EGM_ERR_UNSUPPORTED, "%s: is a gzip file, must be expanded first: this build has no zlib", path);
}

void egm__gunzip_free(egm__gunzip *g)
{
}

egm_status egm__gunzip_read(egm__gunzip *g, void *bytes, size_t n, size_t *got)
{
	*got = 0;
	return EGM_OK;
}

#endif
