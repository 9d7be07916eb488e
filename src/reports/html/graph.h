/* Who went where: hosts as nodes, steps as edges, drawn as SVG.
 *
 * The layout is a plain one: a host stands one column to the right of the host from which it was
 * reached first, and below those that were reached before. So it needs one pass, no program, no
 * plugin and no font, depends on nothing but the steps, and time reads from left to right. */
#ifndef IMPOUND_REPORTS_GRAPH_H
#define IMPOUND_REPORTS_GRAPH_H

#include "reports/format.h"

#define GRAPH_NODES_MAX 64U
#define GRAPH_EDGES_MAX 256U

struct graph_node {
    struct bytes name; /* empty: not known */
    uint32_t column, row;
};

struct graph_edge {
    uint32_t from, to;
    uint64_t steps;
    struct bytes tool; /* of the first step */
    bool has_more_tools;
    enum ledger_standing standing; /* the worst */
};

struct graph {
    struct graph_node nodes[GRAPH_NODES_MAX];
    struct graph_edge edges[GRAPH_EDGES_MAX];
    uint32_t node_count, edge_count;
    uint32_t rows[GRAPH_NODES_MAX]; /* that each column has */
    uint64_t left_out;              /* steps past the limits */
    struct arena texts;
};

void graph_init(struct graph *graph);
void graph_release(struct graph *graph);
void graph_add(struct graph *graph, const struct case_record *record,
               const struct ledger_verdict *verdict);
/* Nothing when no step was added. */
void graph_write(const struct graph *graph, struct buffer *to);

#endif
