#include "reports/members.h"

#include "base/address.h"
#include "reports/tags.h"

void member_text(struct buffer *to, const char *name, struct bytes text)
{
    buffer_json_key(to, name);
    buffer_json(to, text);
}

void member_string(struct buffer *to, const char *name, const char *text)
{
    buffer_json_key(to, name);
    if (text)
        buffer_json(to, bytes_of_text(text));
    else
        buffer_text(to, "null");
}

void member_text_if(struct buffer *to, const char *name, struct bytes text)
{
    if (text.length)
        member_text(to, name, text);
}

void member_number(struct buffer *to, const char *name, uint64_t number)
{
    buffer_json_key(to, name);
    buffer_number(to, number);
}

void member_texts(struct buffer *to, const char *name, const struct case_texts *texts)
{
    buffer_json_key(to, name);
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < texts->count; i++) {
        if (i)
            buffer_byte(to, ',');
        buffer_json(to, texts->items[i]);
    }
    buffer_byte(to, ']');
}

void member_names(struct buffer *to, const char *name, const char *const *names, uint32_t count)
{
    buffer_json_key(to, name);
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of_text(names[i]));
    }
    buffer_byte(to, ']');
}

void member_techniques(struct buffer *to, const char *name, const struct rule_info *info)
{
    char text[TAG_TEXT_BOUND];
    const char *separator = "";
    buffer_json_key(to, name);
    buffer_byte(to, '[');
    for (uint32_t at = 0; rule_technique_next(info, &at, text);) {
        buffer_text(to, separator);
        buffer_json(to, bytes_of_text(text));
        separator = ",";
    }
    buffer_byte(to, ']');
}

void time_json(struct buffer *to, struct instant time)
{
    char text[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(text, time);
    if (length)
        buffer_json(to, bytes_of(text, length));
    else
        buffer_text(to, "null");
}

void member_time(struct buffer *to, const char *name, struct instant time)
{
    buffer_json_key(to, name);
    time_json(to, time);
}

struct instant time_fixed(struct instant time, uint8_t digits)
{
    if (!instant_is_known(time))
        time = (struct instant){0};
    time.digits = digits;
    return time;
}

#define SECONDS_MAX 253402300799 /* 9999-12-31T23:59:59 */

int64_t time_micros(struct instant time)
{
    if (!instant_is_known(time))
        return 0;
    if (time.seconds > SECONDS_MAX || time.seconds < -SECONDS_MAX)
        return (time.seconds < 0 ? -SECONDS_MAX : SECONDS_MAX) * 1000000;
    return time.seconds * 1000000 + time.nanos / 1000;
}

/* Where the name begins. */
static size_t name_start(struct bytes account)
{
    const uint8_t *slash = account.length ? memchr(account.data, '\\', account.length) : NULL;
    return slash ? (size_t)(slash - account.data) + 1 : 0;
}

struct bytes account_domain(struct bytes account)
{
    const size_t start = name_start(account);
    return start ? bytes_of(account.data, start - 1) : (struct bytes){0};
}

struct bytes account_name(struct bytes account)
{
    const size_t start = name_start(account);
    return bytes_of(account.data + start, account.length - start);
}

bool is_address(struct bytes text)
{
    struct address address;
    struct network loopback;
    if (!text.length || !address_parse(text, &address))
        return false;
    return !(network_parse(bytes_of_text("127.0.0.0/8"), &loopback) &&
             network_holds(&loopback, &address)) &&
           !(network_parse(bytes_of_text("::1"), &loopback) && network_holds(&loopback, &address));
}
