/* SPDX-License-Identifier: MIT */
/* What a cell is: a number, a word, or a missing value. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <io/csv_table_impl.h>

static int is_nonfinite_word(const char *text)
{
	if (*text == '+' || *text == '-') text++;
	return strcasecmp(text, "nan") == 0 || strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0;
}

egm__csv_kind egm__csv_number(const char *text, void *c_locale, int decimal, double *number)
{
	char copy[EGM__CSV_FIELD + 1], *end;
	if (is_nonfinite_word(text)) return EGM__CSV_INFINITE;
	if (decimal == ',') {
		if (strchr(text, '.')) return EGM__CSV_WORD;
		strcpy(copy, text);
		for (char *p = copy; (p = strchr(p, ','));) *p = '.';
		text = copy;
	}
	if (!*text || text[strspn(text, "0123456789+-.eE")]) return EGM__CSV_WORD;
	*number = egm__os_strtod(text, &end, c_locale);
	return *end ? EGM__CSV_WORD : EGM__CSV_NUMBER;
}

int egm__csv_is_missing(const char *text, int quoted)
{
	static const char *const words[] = {"?", "NA", "N/A", "NaN", "null"};
	if (!*text) return 1;
	for (size_t i = 0; !quoted && i < sizeof words / sizeof *words; i++)
		if (strcasecmp(words[i], text) == 0) return 1;
	return 0;
}

egm__csv_kind egm__csv_cell_kind(const egm__csv_load *l, double *number)
{
	if (egm__csv_is_missing(l->csv.text, l->csv.quoted)) return EGM__CSV_MISSING;
	return egm__csv_number(l->csv.text, l->locale, l->o.decimal, number);
}
