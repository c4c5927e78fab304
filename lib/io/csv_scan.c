/* SPDX-License-Identifier: MIT */
/* Cuts text into cells by RFC 4180 and what is common besides: quoted cells with doubled quotes and line feeds,
 * comments, blanks around cells or as delimiters, the line ends of three systems, a byte order mark. */
#include <inttypes.h>
#include <string.h>

#include <io/csv_impl.h>

enum { DONE = -1 };

static inline egm_status raw_byte(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	if (s->at == s->filled) {
		s->at = 0;
		EGM_TRY(egm__stream_read(s->stream, s->bytes, EGM__CSV_CHUNK, &s->filled));
	}
	*byte = s->at < s->filled ? (unsigned char)s->bytes[s->at++] : DONE;
out:
	return st;
}

egm_status egm__csv_fail(const egm__csv *s, egm_status code, const char *what)
{
	char text[64];
	return egm__fail(code, "%s: line %" PRId64 ", field %" PRId64 ": '%s' %s", s->path, s->line, s->field,
	                 egm__printable(text, s->text), what);
}

egm_status egm__csv_whole(const egm__csv *s)
{
	if (!s->cut) return EGM_OK;
	return egm__fail(EGM_ERR_FORMAT, "%s: line %" PRId64 ", field %" PRId64 ": is too long, must have at most %d bytes",
	                 s->path, s->line, s->field, EGM__CSV_FIELD);
}

static egm_status zero_byte(const egm__csv *s)
{
	return egm__fail(EGM_ERR_FORMAT, "%s: line %" PRId64 " has a zero byte, must be UTF-8 text; it may be UTF-16",
	                 s->path, s->next_line);
}

/* The next byte, with every line end as one line feed. */
static egm_status next_byte(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	EGM_TRY(raw_byte(s, byte));
	if (*byte == '\r') {
		int after = DONE;
		EGM_TRY(raw_byte(s, &after));
		*byte = '\n';
		if (after != '\n' && after != DONE) s->at--;
	} else if (!*byte) {
		st = zero_byte(s);
	}
out:
	return st;
}

static int is_delimiter(const egm__csv *s, int byte)
{
	return byte == s->delimiter || (s->delimiter == ' ' && byte == '\t');
}

static int is_blank(const egm__csv *s, int byte)
{
	return (byte == ' ' || byte == '\t') && byte != s->delimiter;
}

static int is_end(int byte)
{
	return byte == '\n' || byte == DONE;
}

/* Skips blanks, delimiters included if these are blanks. *blank: whether there were any. */
static egm_status skip_blanks(egm__csv *s, int *byte, int *blank)
{
	egm_status st = EGM_OK;
	*blank = 0;
	while (is_blank(s, *byte) || (s->delimiter == ' ' && is_delimiter(s, *byte))) {
		*blank = 1;
		EGM_TRY(next_byte(s, byte));
	}
out:
	return st;
}

static egm_status skip_comment(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	while (!is_end(*byte)) EGM_TRY(next_byte(s, byte));
out:
	return st;
}

static void append(egm__csv *s, int byte)
{
	if (s->length == EGM__CSV_FIELD)
		s->cut = 1;
	else
		s->text[s->length++] = (char)byte;
}

static int last_is_blank(const egm__csv *s)
{
	char c = s->length ? s->text[s->length - 1] : 'x';
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(egm__csv *s)
{
	while (last_is_blank(s)) s->length--;
	s->text[s->length] = 0;
}

/* "5 # five" is a number and a comment. "Apt #5" may be a text, of which half must not be lost. */
static egm_status check_comment(egm__csv *s)
{
	trim(s);
	if (s->text[strspn(s->text, "0123456789+-.,eE")] == 0 || egm__csv_is_missing(s->text, 0)) return EGM_OK;
	return egm__csv_fail(s, EGM_ERR_FORMAT, "may be followed by a comment: quote the text, or set the option comment");
}

static egm_status read_unquoted(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	while (!is_end(*byte) && !is_delimiter(s, *byte)) {
		if (s->comment && *byte == s->comment && last_is_blank(s)) {
			EGM_TRY(check_comment(s));
			EGM_TRY(skip_comment(s, byte));
			break;
		}
		append(s, *byte);
		EGM_TRY(next_byte(s, byte));
	}
	trim(s);
out:
	return st;
}

static egm_status quote_not_closed(const egm__csv *s)
{
	return egm__fail(EGM_ERR_FORMAT, "%s: line %" PRId64 ", field %" PRId64 ": begins with a quote, must end with one",
	                 s->path, s->line, s->field);
}

/* Reads up to the closing quote; *byte is then the byte after it. */
static egm_status read_quoted_text(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	for (;;) {
		EGM_TRY(next_byte(s, byte));
		if (*byte == DONE) EGM_TRY(quote_not_closed(s));
		if (*byte == '\n') s->next_line++;
		if (*byte == '"') {
			EGM_TRY(next_byte(s, byte));
			if (*byte != '"') break;
		}
		append(s, *byte);
	}
	s->text[s->length] = 0;
out:
	return st;
}

static egm_status read_quoted(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	int blank = 0;
	s->quoted = 1;
	EGM_TRY(read_quoted_text(s, byte));
	if (s->delimiter == ' ' && (is_end(*byte) || is_delimiter(s, *byte))) return EGM_OK;
	EGM_TRY(skip_blanks(s, byte, &blank));
	if (blank && s->comment && *byte == s->comment) EGM_TRY(skip_comment(s, byte));
	if (!is_end(*byte) && !is_delimiter(s, *byte))
		EGM_TRY(egm__csv_fail(s, EGM_ERR_FORMAT, "has text after its closing quote, must have a delimiter"));
out:
	return st;
}

static egm_status read_cell(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	s->length = 0;
	s->quoted = s->cut = 0;
	s->line = s->next_line;
	s->field++;
	EGM_TRY(*byte == '"' ? read_quoted(s, byte) : read_unquoted(s, byte));
	s->open = !is_end(*byte);
	s->ended = !s->open;
	if (*byte == '\n') s->next_line++;
out:
	return st;
}

/* Skips to the first byte of the next row that has cells. */
static egm_status find_row(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	int blank;
	for (;;) {
		EGM_TRY(next_byte(s, byte));
		EGM_TRY(skip_blanks(s, byte, &blank));
		if (s->comment && *byte == s->comment) EGM_TRY(skip_comment(s, byte));
		if (*byte != '\n') break;
		s->next_line++;
	}
	s->row_line = s->next_line;
	s->field = 0;
out:
	return st;
}

/* Skips to the first byte of the cell after a delimiter. After blanks as delimiters the row may end instead. */
static egm_status find_cell(egm__csv *s, int *byte)
{
	egm_status st = EGM_OK;
	int blank = 0;
	EGM_TRY(next_byte(s, byte));
	EGM_TRY(skip_blanks(s, byte, &blank));
	if (s->comment && *byte == s->comment && (blank || s->delimiter == ' ' || s->delimiter == '\t'))
		EGM_TRY(skip_comment(s, byte));
	if (s->delimiter != ' ' || !is_end(*byte)) return EGM_OK;
	if (*byte == '\n') s->next_line++;
	s->open = 0;
	s->ended = 1;
out:
	return st;
}

egm_status egm__csv_next(egm__csv *s, egm__csv_event *event)
{
	egm_status st = EGM_OK;
	int byte = DONE;
	if (s->open) EGM_TRY(find_cell(s, &byte));
	if (s->ended) {
		s->ended = 0;
		*event = EGM__CSV_ROW;
		return EGM_OK;
	}
	if (!s->open) {
		EGM_TRY(find_row(s, &byte));
		*event = EGM__CSV_END;
		if (byte == DONE) return EGM_OK;
	}
	EGM_TRY(read_cell(s, &byte));
	*event = EGM__CSV_CELL;
out:
	return st;
}

/* The first name of a table may look like the signature of a binary format, which also has bytes that no text has. */
static int is_other_format(const char *kind, const char *bytes, size_t n, int64_t skip_lines)
{
	if (!kind) return 0;
	static const char *const texts[] = {"git-lfs", "HTML", "XML", "UTF-16"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strstr(kind, texts[i])) return 1;
	if (strstr(kind, "ARFF")) return !skip_lines; /* without its head it is a table */
	for (size_t i = 0; i < n && i < 512; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') return 1;
	}
	return 0;
}

/* Rejects what is no text, and skips the byte order mark that some spreadsheets write. */
static egm_status begin(egm__csv *s, int64_t skip_lines)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__stream_read(s->stream, s->bytes, EGM__CSV_CHUNK, &s->filled));
	const char *kind = egm__looks_like(s->bytes, s->filled);
	if (is_other_format(kind, s->bytes, s->filled, skip_lines))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: is not a table of text; it looks like %s", s->path, kind);
	if (s->filled >= 3 && memcmp(s->bytes, "\xef\xbb\xbf", 3) == 0) s->at = 3;
out:
	return st;
}

egm_status egm__csv_open(egm__csv *s, egm_context *context, const egm__origin *from, int64_t skip_lines)
{
	egm_status st = EGM_OK;
	int byte = 0;
	s->stream = NULL;
	s->path = from->path;
	s->next_line = 1;
	s->open = s->ended = 0;
	s->at = s->filled = 0;
	EGM_TRY(egm__stream_open(&s->stream, context, from, 1));
	EGM_TRY(begin(s, skip_lines));
	for (; s->next_line <= skip_lines && byte != DONE; s->next_line++) do
			EGM_TRY(next_byte(s, &byte));
		while (!is_end(byte));
out:
	return st;
}

void egm__csv_close(egm__csv *s)
{
	egm__stream_free(s->stream);
	s->stream = NULL;
}
