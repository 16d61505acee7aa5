/**
 * Metrics, traces and logs: the catalogue of metrics, the spans, the collector that both are sent
 * to, the limit of repeated log lines, and the route and ids in each line. Knows no domain.
 */
@NullMarked
package io.outpost.telemetry;

import org.jspecify.annotations.NullMarked;
