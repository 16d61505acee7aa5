/**
 * The edge: requests, the contract, validation, problems, idempotency, the commit of a change with
 * its audit entry and answer.
 */
package io.outpost.http;
