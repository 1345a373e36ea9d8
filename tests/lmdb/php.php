<?php
// SPDX-License-Identifier: Apache-2.0
// Run by php.sh in an empty folder, with either library; what it prints must be the same.
$db = dba_open('test.mdb', 'c', 'lmdb');
for ($i = 0; $i < 500; ++$i)
  dba_insert('key ' . $i * 7919 % 500, "value $i", $db) || print("not inserted\n");
var_dump(dba_insert('key 3', 'again', $db), dba_fetch('key 3', $db), dba_replace('key 3', 'other', $db));
var_dump(dba_exists('key 4', $db), dba_delete('key 4', $db), dba_exists('key 4', $db), @dba_delete('key 4', $db));
var_dump(dba_fetch('none', $db), dba_sync($db), dba_optimize($db));
$sum = hash_init('sha256');
$count = 0;
for ($key = dba_firstkey($db); $key !== false; $key = dba_nextkey($db), ++$count)
  hash_update($sum, $key . '=' . dba_fetch($key, $db) . "\n");
echo $count, ' ', hash_final($sum), "\n";
dba_close($db);
foreach (['r', 'w', 'c'] as $mode) {
  $db = dba_open('test.mdb', $mode, 'lmdb');
  echo $mode, ' ', dba_fetch('key 3', $db), ' ', dba_firstkey($db), ' ', dba_nextkey($db), "\n";
  dba_close($db);
}
$db = dba_open('test.mdb', 'r', 'lmdb');
var_dump(@dba_insert('new', 'x', $db));
dba_firstkey($db); // left open at the end of the program
$other = dba_open('new.mdb', 'n', 'lmdb');
$big = str_repeat('x', 100000);
for ($i = 0; $i < 100 && @dba_insert("big $i", $big, $other); ++$i);
echo $i < 100 ? "full\n" : "not full\n";
var_dump(@dba_open('none.mdb', 'r', 'lmdb'));
