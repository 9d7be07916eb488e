/* The fields of a finding, one by one, and as the details of a line. */
#ifndef IMPOUND_REPORTS_DETAILS_H
#define IMPOUND_REPORTS_DETAILS_H

#include "reports/format.h"

struct detail {
    struct bytes name, value; /* as struct finding_field has them */
    uint32_t rank;
};

#define DETAILS_MAX (SHAPE_FIELDS_MAX + CORRELATE_FIELDS_MAX)

/* Members of one object in the order in which they are worth reading. */
struct details {
    uint32_t count;
    uint32_t main_count; /* how many of them, from the first, are the heart of the matter */
    struct detail all[DETAILS_MAX];
};

/* With a list of names in `options` these are the details, in its order, and there are no others.
 * Without one, the fields that usually decide come first. */
void details_read(struct details *details, const struct report_options *options,
                  struct bytes fields);

/* Appends `Name: value` of details from..until-1 as text that can do no harm, with a broken bar
 * between them. `plain` is for work. */
void details_text(struct buffer *to, struct buffer *plain, const struct details *details,
                  uint32_t from, uint32_t until);
#define DETAILS_SEPARATOR " \xC2\xA6 " /* U+00A6 */

#endif
