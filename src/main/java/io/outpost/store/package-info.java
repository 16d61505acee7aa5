/**
 * Records as DynamoDB items, changes written in one transaction, pages, and the feed of changes
 * that every container polls.
 */
@NullMarked
package io.outpost.store;

import org.jspecify.annotations.NullMarked;
