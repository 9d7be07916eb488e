/* Parts of the page for a browser. Whatever the evidence says goes through html_text, in elements,
 * attributes and pictures alike, so that text stays text. */
#ifndef IMPOUND_REPORTS_HTML_H
#define IMPOUND_REPORTS_HTML_H

#include "reports/format.h"

/* Text for an element or a quoted attribute, of HTML and of SVG. */
void html_text(struct buffer *to, struct bytes text);
/* The same with its direction kept to itself, and at most `length` bytes of it (0: all). */
void html_isolated(struct buffer *to, struct bytes text, size_t length);
/* Texts behind commas; what goes beyond `most` is counted. */
void html_list(struct buffer *to, const struct case_texts *texts, uint32_t most);
/* `<time>2024-03-01 12:00:00</time>`, or a dash. */
void html_time(struct buffer *to, struct instant time);
/* A verdict as a badge. */
void html_verdict(struct buffer *to, enum ledger_standing standing);
/* The class that colours a verdict. */
const char *html_verdict_class(enum ledger_standing standing);

/* --- Findings that a case may cite: kept as they come, up to a limit, until cases are known --- */

struct exhibits;
struct exhibits *exhibits_new(void);
void exhibits_free(struct exhibits *exhibits);
void exhibits_add(struct exhibits *exhibits, const struct report *report,
                  const struct finding *finding, const struct rule_info *info);
/* Marks a finding as cited; its rule's title, or NULL when it was not kept. */
const char *exhibits_cite(struct exhibits *exhibits, const char id[33]);
/* The cited ones, oldest first. */
void exhibits_write(const struct exhibits *exhibits, struct buffer *to);

/* --- One case --- */

void html_case_row(struct buffer *to, uint64_t number, const struct case_record *record,
                   const struct ledger_verdict *verdict);
void html_case(struct buffer *to, uint64_t number, const struct case_record *record,
               const struct ledger_verdict *verdict, struct exhibits *exhibits);

/* --- What could not be seen --- */

void html_unseen(struct buffer *to, const struct report *report,
                 const struct report_summary *summary);

#endif
