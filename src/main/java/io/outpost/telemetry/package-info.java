/**
 * What operators see from outside: the catalogue of metrics, where they are sent, and how much is
 * logged. Knows no other module.
 */
package io.outpost.telemetry;
