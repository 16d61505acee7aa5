/**
 * The AWS clients, built here and nowhere else, and the physical names of tables, queues and
 * buckets.
 */
package io.outpost.aws;
