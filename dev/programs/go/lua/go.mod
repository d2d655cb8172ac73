module fooddelivery.dev/peers/lua

go 1.26

tool fooddelivery.dev/peers/lua

require github.com/yuin/gopher-lua v1.1.2
