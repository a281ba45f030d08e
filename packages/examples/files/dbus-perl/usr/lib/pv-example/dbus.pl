# As much of D-Bus as the examples need, in Perl without modules (perl-base is small and on every Debian machine):
# calls and replies of strings and numbers, little-endian, no descriptors.

my %serial;
# What came while a reply was waited for.
my %pending;

# A connected socket, nothing said yet.
sub dbus_connect {
  my ($path) = @_;
  socket(my $bus, 1, 1, 0) or die "socket: $!\n";
  connect($bus, pack('S a*', 1, $path)) or die "$path: $!\n";
  delete $pending{fileno $bus};
  return $bus;
}

# Sends a line of the handshake and gives the answer.
sub dbus_line {
  my ($bus, $line) = @_;
  syswrite($bus, "$line\r\n");
  my $answer = '';
  while ($answer !~ /\r\n$/) { sysread($bus, $answer, 1, length $answer) or die "the bus closed the connection\n" }
  return $answer =~ s/\r\n$//r;
}

# The usual handshake, as whoever the kernel says that we are, and Hello; gives the unique name.
sub dbus_hello {
  my ($bus) = @_;
  my $answer = dbus_line($bus, "\0AUTH EXTERNAL " . unpack('H*', $>));
  die "$answer\n" unless $answer =~ /^OK /;
  return dbus_begin($bus);
}

sub dbus_begin {
  my ($bus) = @_;
  syswrite($bus, "BEGIN\r\n");
  return dbus_bus($bus, 'Hello');
}

# A call of the bus itself: the first value of the reply. Dies with "<error name>: <text>".
sub dbus_bus {
  my ($bus, $member, $signature, @values) = @_;
  my $wanted = dbus_send($bus, 1, { 1 => '/org/freedesktop/DBus', 2 => 'org.freedesktop.DBus', 3 => $member, 6 => 'org.freedesktop.DBus' }, $signature, @values);
  while (my $message = dbus_read($bus)) {
    if (($message->{5} // 0) != $wanted) { push @{$pending{fileno $bus}}, $message; next }
    die "$message->{4}: $message->{values}[0]\n" if $message->{type} == 3;
    return $message->{values}[0];
  }
  die "the bus closed the connection\n";
}

# Fields by their numbers: 1 path, 2 interface, 3 member, 4 error name, 5 reply serial, 6 destination, 7 sender.
my %field_type = (1 => 'o', 2 => 's', 3 => 's', 4 => 's', 5 => 'u', 6 => 's', 8 => 'g');

# Types: 1 call, 2 return, 3 error. Gives the serial.
sub dbus_send {
  my ($bus, $type, $fields, $signature, @values) = @_;
  my $body = '';
  my @types = split //, $signature // '';
  $body .= dbus_pack($_, shift @values, length $body) for @types;
  my %all = @types ? (%$fields, 8 => $signature) : %$fields;
  my $array = '';
  for my $code (sort keys %all) {
    $array .= "\0" x (-length($array) % 8);
    $array .= pack('C C a x', $code, 1, $field_type{$code});
    $array .= dbus_pack($field_type{$code}, $all{$code}, length $array);
  }
  my $number = ++$serial{fileno $bus};
  syswrite($bus, pack('a C C C L L L', 'l', $type, 0, 1, length $body, $number, length $array) . $array . ("\0" x (-length($array) % 8)) . $body);
  return $number;
}

sub dbus_pack {
  my ($type, $value, $at) = @_;
  return pack('C/a* x', $value) if $type eq 'g';
  my $padding = "\0" x (-$at % 4);
  return $padding . ($type eq 'u' ? pack('L', $value) : pack('L/a* x', $value));
}

# The next message: its fields by number, its type and serial, and the strings and numbers that its body begins with.
sub dbus_receive {
  my ($bus) = @_;
  return shift @{$pending{fileno $bus} // []} // dbus_read($bus);
}

sub dbus_read {
  my ($bus) = @_;
  my $head = dbus_bytes($bus, 16) // return;
  my (undef, $type, undef, undef, $length, $number, $fields) = unpack('a C C C L L L', $head);
  my $array = dbus_bytes($bus, $fields + (-$fields % 8));
  my $body = dbus_bytes($bus, $length);
  my %message = (type => $type, serial => $number, values => []);
  for (my $at = 0; $at < $fields;) {
    $at += -$at % 8;
    my ($code, undef, $kind) = unpack('C C a', substr($array, $at, 3));
    $at += 4;
    ($message{$code}, $at) = dbus_unpack($kind, $array, $at);
  }
  my $at = 0;
  for my $kind (split //, $message{8} // '') {
    last unless $kind =~ /[soub]/;
    (my $value, $at) = dbus_unpack($kind, $body, $at);
    push @{$message{values}}, $value;
  }
  return \%message;
}

sub dbus_unpack {
  my ($kind, $bytes, $at) = @_;
  if ($kind eq 'g') {
    my $text = unpack('C/a', substr($bytes, $at));
    return ($text, $at + length($text) + 2);
  }
  $at += -$at % 4;
  my $number = unpack('L', substr($bytes, $at, 4));
  return ($number, $at + 4) if $kind =~ /[ub]/;
  return (substr($bytes, $at + 4, $number), $at + 5 + $number);
}

sub dbus_bytes {
  my ($bus, $count) = @_;
  my $bytes = '';
  while (length $bytes < $count) { sysread($bus, $bytes, $count - length $bytes, length $bytes) or return }
  return $bytes;
}

1;
