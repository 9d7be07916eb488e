/* What a capture shows, by libimpound: capture_events [--json] CAPTURE [PASSWORDS]
 *
 *     cc capture_events.c $(pkg-config --cflags --libs libimpound) -o capture_events
 *
 * A line an event: when, the log, the first packet, client and server, then what the log's own
 * fields say. With --json, the event's own line. Ends with what could not be read. */
#include <impound/impound.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Fields that are told in another way, or that would make the line too long. */
static bool is_told(const char *name)
{
    static const char *const names[] = {"_path",     "ts",        "uid",          "id.orig_h",
                                        "id.orig_p", "id.resp_h", "id.resp_p",    "packets",
                                        "is_whole",  "messages",  "community_id", "client_times"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static const char *text_of(const struct impound_event *event, const char *name)
{
    struct impound_value value;
    return impound_event_field(event, name, &value) ? value.text : "?";
}

static void value_print(const struct impound_event *event, const struct impound_value *value)
{
    struct impound_value item;
    if (value->type != IMPOUND_LIST) {
        printf("%s", value->text);
        return;
    }
    for (uint32_t i = 0; impound_value_item(event, value, i, &item); i++)
        printf("%s%s", i ? "," : "", item.text);
}

static void event_print(const struct impound_event *event)
{
    const struct impound_time time = impound_event_time(event);
    struct impound_value value;
    const char *name;
    printf("%" PRId64 ".%06" PRIu32 " %s packet %" PRIu64 " %s -> %s:%s", time.seconds,
           time.nanoseconds / 1000, impound_event_log(event), impound_event_first_packet(event),
           text_of(event, "id.orig_h"), text_of(event, "id.resp_h"), text_of(event, "id.resp_p"));
    for (size_t i = 0; (name = impound_event_field_at(event, i, &value)); i++) {
        if (is_told(name))
            continue;
        printf(" %s=", name);
        value_print(event, &value);
    }
    putchar('\n');
}

static bool seen(void *context, const struct impound_event *event)
{
    const bool *is_json = context;
    if (*is_json)
        puts(impound_event_json(event));
    else
        event_print(event);
    return !ferror(stdout);
}

static void account_print(const struct impound_decoder *decoder)
{
    struct impound_account account;
    const char *note;
    impound_account(decoder, &account);
    fprintf(stderr, "%" PRIu64 " packets, %" PRIu64 " damaged, %" PRIu64 " missing%s\n",
            account.packets, account.damaged, account.missing,
            account.is_complete ? "" : ", incomplete");
    for (uint32_t i = 0; (note = impound_account_note(decoder, i)); i++)
        fprintf(stderr, "  %s\n", note);
}

int main(int count, char **arguments)
{
    bool is_json = count > 1 && strcmp(arguments[1], "--json") == 0;
    char **paths = arguments + (is_json ? 2 : 1);
    if (!paths[0]) {
        fprintf(stderr, "usage: capture_events [--json] CAPTURE [PASSWORDS]\n");
        return 2;
    }
    struct impound_decoder *decoder = impound_new(seen, &is_json);
    if (!decoder) {
        fprintf(stderr, "no memory\n");
        return 1;
    }
    enum impound_status status = IMPOUND_OK;
    if (paths[1])
        status = impound_add_passwords(decoder, paths[1]);
    if (status == IMPOUND_OK)
        status = impound_read(decoder, paths[0]);
    if (status != IMPOUND_OK)
        fprintf(stderr, "%s\n", impound_error(decoder));
    account_print(decoder);
    impound_free(decoder);
    return status == IMPOUND_OK ? 0 : 1;
}
