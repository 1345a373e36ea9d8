# SPDX-License-Identifier: Apache-2.0
# Run by perl.sh in an empty folder, with either library; what it prints must be the same.
use strict;
use warnings;
use Digest::SHA qw(sha1_hex);
use LMDB_File qw(:flags :cursor_op :error);

$LMDB_File::die_on_err = 0;

# The code of a change; what is given must be variables for this module.
sub put {
  my ($db, $key, $value, $flags) = @_;
  $LMDB_File::last_err = 0;
  $db->put($key, $value, $flags // 0);
  return $LMDB_File::last_err;
}

sub del {
  my ($db, $key) = @_;
  $LMDB_File::last_err = 0;
  $db->del($key);
  return $LMDB_File::last_err;
}

sub digest {
  my ($db) = @_;
  my $cursor = $db->Cursor;
  my ($count, $all, $key, $value) = (0, '');
  for (my $rc = $cursor->get($key, $value, MDB_FIRST); $rc == 0; $rc = $cursor->get($key, $value, MDB_NEXT)) {
    $all .= length($key) . ":$key" . length($value) . ":$value";
    ++$count;
  }
  return "$count records " . sha1_hex($all);
}

mkdir 'db';
my $env = LMDB::Env->new('db', {maxdbs => 5, flags => 0});
$env->get_path(my $path);
$env->get_maxreaders(my $readers);
my $info = $env->info;
print "$path $readers $info->{mapsize} $info->{last_txnid} $info->{mapaddr}\n";
my $stat = $env->stat;
print join(' ', map { "$_=$stat->{$_}" } sort keys %$stat), "\n";
print -e 'db/data.mdb' && -e 'db/lock.mdb' ? "files\n" : "no files\n";

{
  my $txn = $env->BeginTxn;
  my $db = $txn->OpenDB('plain', MDB_CREATE);
  put($db, $_ * 7919 % 500, "value $_") for 0 .. 499;
  print $db->get(17), ' ', put($db, 17, 'x', MDB_NOOVERWRITE), ' ', del($db, 18), ' ', del($db, 18), "\n";
  my $stat = $db->stat;
  print "$stat->{entries} $stat->{psize}\n";
  my $nested = $txn->SubTxn;
  put($nested->OpenDB('plain'), 'nested', 'gone');
  $nested->abort;
  $nested = $txn->SubTxn;
  put($nested->OpenDB('plain'), 'nested', 'kept');
  $nested->commit;
  print $db->get('nested'), "\n";
  $txn->commit;
}
{
  my $txn = $env->BeginTxn(MDB_RDONLY);
  print digest($txn->OpenDB('plain')), "\n";
  $txn->reset;
  $txn->renew;
  print digest($txn->OpenDB('plain')), "\n";
  $txn->abort;
}
{
  my $txn = $env->BeginTxn;
  my $db = $txn->OpenDB('dup', MDB_CREATE | MDB_DUPSORT);
  for my $i (0 .. 29) { put($db, "key $i", sprintf('%03d', $_ * 7 % 31)) for 0 .. $i }
  print digest($db), "\n";
  my $cursor = $db->Cursor;
  my ($key, $value) = ('key 20');
  $cursor->get($key, $value, MDB_SET_KEY);
  $cursor->count(my $count);
  print "$key $value $count\n";
  ($key, $value) = ('key 20', '015');
  print $cursor->get($key, $value, MDB_GET_BOTH_RANGE), " $value\n";
  $cursor->del;
  $cursor->get($key, $value, MDB_NEXT_NODUP);
  print "$key $value\n";
  $cursor->del(MDB_NODUPDATA);
  print digest($db), "\n";
  $txn->commit;
}
{
  my $txn = $env->BeginTxn;
  my $db = $txn->OpenDB('ordered', MDB_CREATE);
  $db->set_compare(sub { $b cmp $a });
  put($db, $_, "v$_") for qw(m a z q b);
  my ($cursor, @keys, $key, $value) = ($db->Cursor);
  for (my $rc = $cursor->get($key, $value, MDB_FIRST); $rc == 0; $rc = $cursor->get($key, $value, MDB_NEXT)) {
    push @keys, $key;
  }
  print "@keys\n";
  $txn->commit;
}
{
  my $txn = $env->BeginTxn;
  my $db = $txn->OpenDB('integers', MDB_CREATE | MDB_INTEGERKEY);
  put($db, $_ * 7919 % 3000, "n$_") for 0 .. 2999;
  print $db->get(1234), ' ', $db->stat->{entries}, "\n";
  $txn->commit;
}
{
  my $txn = $env->BeginTxn;
  my $db = $txn->OpenDB('full', MDB_CREATE);
  my ($rc, $i) = (0, 0);
  $rc = put($db, 'key ' . $i++, 'x' x 1000) while $rc == 0 && $i < 5000;
  print $rc == MDB_MAP_FULL ? "full\n" : "code $rc\n";
  $txn->abort;
}
print $env->copy('.') == 0 ? "copied\n" : "not copied\n", $env->copy('.') ? "refused\n" : "copied twice\n";
{
  my $txn = $env->BeginTxn;
  my $db = $txn->OpenDB('plain');
  $db->drop;
  print digest($db), "\n";
  $txn->commit;
}
tie my %hash, 'LMDB_File', 'tied.mdb', {flags => MDB_NOSUBDIR};
$hash{"key $_"} = "value $_" for 1 .. 50;
delete $hash{'key 7'};
print join(',', map { "$_=$hash{$_}" } (keys %hash)[0 .. 3]), ' ', scalar(keys %hash), ' ', exists $hash{'key 7'} ? 1 : 0, "\n";
untie %hash;
