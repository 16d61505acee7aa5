/**
 * The edge: requests, the contract, validation, problems, idempotency, and the commit of a change
 * with its audit entry and answer.
 */
@NullMarked
package io.outpost.http;

import org.jspecify.annotations.NullMarked;
