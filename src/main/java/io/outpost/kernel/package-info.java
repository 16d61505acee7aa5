/**
 * Ids, time, JSON, cursors, pages and problems: words that every module speaks. Knows no domain and
 * no AWS.
 */
package io.outpost.kernel;
