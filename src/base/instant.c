#include "base/instant.h"

#include <assert.h>

#define SECONDS_1601_TO_1970 INT64_C(11644473600)
#define TICKS_PER_SECOND     10000000U
#define SECONDS_MAX          INT64_C(1000000000000)

struct instant instant_from_filetime(uint64_t ticks)
{
    return (struct instant){
        .seconds = (int64_t)(ticks / TICKS_PER_SECOND) - SECONDS_1601_TO_1970,
        .nanos = (uint32_t)(ticks % TICKS_PER_SECOND) * 100,
        .digits = 7,
    };
}

int instant_compare(struct instant one, struct instant other)
{
    if (one.seconds != other.seconds)
        return one.seconds < other.seconds ? -1 : 1;
    return (one.nanos > other.nanos) - (one.nanos < other.nanos);
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, counted in eras of 400 years
 * that begin on 1 March. */
struct date {
    int64_t year;
    unsigned month, day;
};

static struct date date_from_days(int64_t days)
{
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const unsigned of_era = (unsigned)(days - era * 146097);
    const unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned month = (5 * of_year + 2) / 153; /* 0 is March */
    return (struct date){
        .year = (int64_t)year_of_era + era * 400 + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const unsigned of_era = (unsigned)(year - era * 400);
    const unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146097 + (int64_t)days - 719468;
}

static void digits_write(char *to, unsigned count, unsigned number)
{
    while (count--) {
        to[count] = (char)('0' + number % 10);
        number /= 10;
    }
}

void instant_widen(struct instant *first, struct instant *last, struct instant time)
{
    if (!instant_is_known(time))
        return;
    if (!instant_is_known(*first) || instant_compare(time, *first) < 0)
        *first = time;
    if (!instant_is_known(*last) || instant_compare(time, *last) > 0)
        *last = time;
}

size_t instant_write(char *to, struct instant instant)
{
    if (!instant_is_known(instant))
        return 0;
    assert(instant.nanos < 1000000000 && instant.digits <= 9);
    /* Far beyond the years that are written, and far from where sums would wrap. */
    if (instant.seconds < -SECONDS_MAX)
        instant.seconds = -SECONDS_MAX;
    else if (instant.seconds > SECONDS_MAX)
        instant.seconds = SECONDS_MAX;
    const int64_t day = (instant.seconds - (instant.seconds < 0 ? 86399 : 0)) / 86400;
    const unsigned second = (unsigned)(instant.seconds - day * 86400);
    struct date date = date_from_days(day);
    if (date.year < 0 || date.year > 9999)
        date =
            (struct date){date.year < 0 ? 0 : 9999, date.year < 0 ? 1 : 12, date.year < 0 ? 1 : 31};
    memcpy(to, "0000-00-00T00:00:00", 19);
    digits_write(to, 4, (unsigned)date.year);
    digits_write(to + 5, 2, date.month);
    digits_write(to + 8, 2, date.day);
    digits_write(to + 11, 2, second / 3600);
    digits_write(to + 14, 2, second / 60 % 60);
    digits_write(to + 17, 2, second % 60);
    size_t length = 19;
    if (instant.digits) {
        char fraction[9];
        digits_write(fraction, 9, instant.nanos);
        to[length++] = '.';
        memcpy(to + length, fraction, instant.digits);
        length += instant.digits;
    }
    to[length++] = 'Z';
    return length;
}

/* Reads exactly `count` digits. */
static bool digits_parse(const uint8_t *at, unsigned count, unsigned *number)
{
    *number = 0;
    for (unsigned i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(at[i] - '0');
    }
    return true;
}

/* Reads +hh:mm, -hhmm, +hh or Z; *seconds is how far the zone is ahead of UTC. */
static bool zone_parse(struct bytes text, int64_t *seconds)
{
    *seconds = 0;
    if (text.length == 0 || (text.length == 1 && (text.data[0] | 32) == 'z'))
        return true;
    unsigned hours, minutes = 0;
    if ((text.data[0] != '+' && text.data[0] != '-') || text.length < 3 ||
        !digits_parse(text.data + 1, 2, &hours))
        return false;
    const size_t rest = text.length - 3;
    if (rest == 3 && text.data[3] == ':') {
        if (!digits_parse(text.data + 4, 2, &minutes))
            return false;
    } else if (rest == 2) {
        if (!digits_parse(text.data + 3, 2, &minutes))
            return false;
    } else if (rest != 0) {
        return false;
    }
    *seconds = (int64_t)(hours * 3600 + minutes * 60) * (text.data[0] == '-' ? -1 : 1);
    return hours <= 23 && minutes <= 59;
}

/* Reads the digits behind the point; digits past the ninth are dropped. Returns how many bytes. */
static size_t fraction_parse(struct bytes text, struct instant *instant)
{
    size_t at = 0;
    uint32_t nanos = 0;
    while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9') {
        if (at < 9)
            nanos = nanos * 10 + (uint32_t)(text.data[at] - '0');
        at++;
    }
    instant->digits = (uint8_t)(at < 9 ? at : 9);
    for (size_t i = at; i < 9; i++)
        nanos *= 10;
    instant->nanos = nanos;
    return at;
}

static unsigned month_length(unsigned year, unsigned month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return 30 + ((month + (month > 7)) & 1);
}

enum status instant_parse(struct bytes text, struct instant *instant)
{
    const uint8_t *at = text.data;
    unsigned year, month, day, hour, minute, second;
    if (text.length < 19 || !digits_parse(at, 4, &year) || at[4] != '-' ||
        !digits_parse(at + 5, 2, &month) || at[7] != '-' || !digits_parse(at + 8, 2, &day) ||
        (at[10] != 'T' && at[10] != 't' && at[10] != ' ') || !digits_parse(at + 11, 2, &hour) ||
        at[13] != ':' || !digits_parse(at + 14, 2, &minute) || at[16] != ':' ||
        !digits_parse(at + 17, 2, &second))
        return STATUS_INVALID;
    if (month < 1 || month > 12 || day < 1 || day > month_length(year, month) || hour > 23 ||
        minute > 59 || second > 60)
        return STATUS_INVALID;
    struct instant read = {0};
    size_t end = 19;
    if (end < text.length && (at[end] == '.' || at[end] == ',')) {
        const size_t digits = fraction_parse(bytes_of(at + 20, text.length - 20), &read);
        if (!digits)
            return STATUS_INVALID;
        end = 20 + digits;
    }
    int64_t ahead;
    if (!zone_parse(bytes_of(at + end, text.length - end), &ahead))
        return STATUS_INVALID;
    read.seconds = days_from_date(year, month, day) * 86400 +
                   (int64_t)(hour * 3600 + minute * 60 + second) - ahead;
    *instant = read;
    return STATUS_OK;
}
