/* Talks (tests/unit/capture_smb/lab.h): whole connections, with what was lost. */
#include "lab.h"

#include "readers/capture/dns/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct lab *lab = lab_new();
    lab_talk(lab, &wire_dns_tcp, bytes_of(data, length), 0);
    if (lab->lane.memory != 0)
        abort();
    lab_free(lab);
    /* The same bytes as a datagram, on each of the ports that have their own rules. */
    static const uint16_t ports[] = {53, 137, 5353, 5355, 4444};
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        struct wire_flow flow = {.connection = {.server_port = ports[i], .transport = WIRE_UDP}};
        lab = lab_new();
        wire_flow_init(&flow, &lab->lane);
        (void)wire_dns_udp.probe(&flow.connection, WIRE_CLIENT, bytes_of(data, length));
        if (!wire_flow_open(&flow, &wire_dns_udp))
            abort();
        wire_flow_datagram(&flow, WIRE_CLIENT, bytes_of(data, length));
        wire_flow_datagram(&flow, WIRE_SERVER, bytes_of(data, length));
        wire_flow_end(&flow);
        lab_free(lab);
    }
    return 0;
}
