#include "base/glob.h"

/* Each * first takes nothing; where what follows does not fit, the last * takes one byte more.
 * Earlier ones need no second try: what the last one may take includes whatever they left. */
bool glob_fits(const struct glob *glob, struct bytes text)
{
    const struct bytes pattern = glob->folded;
    size_t at = 0, in_pattern = 0;
    size_t star = SIZE_MAX, star_at = 0;
    while (at < text.length) {
        if (in_pattern < pattern.length && pattern.data[in_pattern] == '*') {
            star = in_pattern++;
            star_at = at;
        } else if (in_pattern < pattern.length && pattern.data[in_pattern] == text.data[at]) {
            in_pattern++;
            at++;
        } else if (star != SIZE_MAX) {
            in_pattern = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.length && pattern.data[in_pattern] == '*')
        in_pattern++;
    return in_pattern == pattern.length;
}
