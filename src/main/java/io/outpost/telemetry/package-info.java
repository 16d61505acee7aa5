/**
 * What operators see from outside: the catalogue of metrics, spans, where both are sent, how much
 * is logged, and what each line says it is about. Knows no domain.
 */
@NullMarked
package io.outpost.telemetry;

import org.jspecify.annotations.NullMarked;
