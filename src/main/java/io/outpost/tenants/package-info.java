/** The steps of creating, changing, deleting and removing tenants. */
@NullMarked
package io.outpost.tenants;

import org.jspecify.annotations.NullMarked;
