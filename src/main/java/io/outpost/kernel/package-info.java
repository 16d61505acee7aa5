/**
 * Ids, time, JSON, cursors, pages, problems and addresses: words that every module speaks. Knows no
 * domain and no AWS.
 */
package io.outpost.kernel;
